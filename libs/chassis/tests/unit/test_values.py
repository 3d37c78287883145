"""Value types: what is read is written back the same, at and beyond their bounds."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from chassis import values
from chassis.clock import milliseconds, next_version


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, min_value=0, max_value=Decimal("999999999999"), places=6
    )
)
def test_a_price_survives_the_wire(price: Decimal) -> None:
    adapter = TypeAdapter(values.UnitPrice)
    text = adapter.dump_python(adapter.validate_python(f"{price:f}"))
    assert price == Decimal(text)
    assert "E" not in text


@pytest.mark.parametrize(
    ("text", "shown"), [("1.50", "1.5"), ("0.000000", "0"), ("-0", "0"), ("100", "100"), ("0.10", "0.1")]
)
def test_a_decimal_is_shown_without_needless_zeros(text: str, shown: str) -> None:
    assert shown == values.plain(Decimal(text))


@pytest.mark.parametrize(
    ("kind", "fits", "too_much"),
    [
        (values.UnitPrice, "999999999999.999999", "1000000000000"),
        (values.Quantity, "0.000001", "0.0000001"),
        (values.Quantity, "1.0000000", "1.0000001"),
        (values.Amount, "-99999999999999.9999", "-100000000000000"),
        (values.Count, 2_147_483_647, 2_147_483_648),
        (values.Count, 0, -1),
        (values.Line, "x" * 255, "x" * 256),
        (values.ExternalKey, " 007 ", ""),
        (values.ExternalKey, "x" * 64, "x" * 65),
        (values.Slug, "a", "A"),
        (values.Slug, "a" * 63, "a\n"),
        (values.CurrencyCode, "EUR", "eur"),
        (values.Locale, "nl-BE", "nl_BE"),
        (values.MailAddress, "a@b.example", "a@b"),
        (values.MailAddress, "a.b+c@b.example", "a b@c.example"),
        (values.MailAddress, "a@b.example", "a@b.example\n"),
        (values.Identifier, "018f3a1c-0000-7000-8000-000000000000", "018F3A1C-0000-7000-8000-000000000000"),
        (values.LongText, "a\r\n\tb", "a\x0bb"),
        (values.SearchText, "x" * 200, "x" * 201),
    ],
)
def test_bounds_hold(kind: Any, fits: object, too_much: object) -> None:
    adapter = TypeAdapter(kind)
    assert adapter.validate_python(fits) is not None
    with pytest.raises(ValidationError):
        adapter.validate_python(too_much)


@given(st.text(max_size=20))
def test_control_characters_are_found_as_unicode_defines_them(text: str) -> None:
    assert any(0 <= ord(c) < 32 or 127 <= ord(c) < 160 for c in text) == values.has_control(text)


@given(st.integers(0, 4_102_444_800_000))
def test_milliseconds_are_exact(count: int) -> None:
    moment = datetime.fromtimestamp(count // 1000, UTC).replace(microsecond=count % 1000 * 1000)
    assert count == milliseconds(moment)


def test_a_version_grows_even_when_the_clock_goes_back() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert [milliseconds(now), milliseconds(now) + 8] == [
        next_version(None, now),
        next_version(milliseconds(now) + 7, now),
    ]


@pytest.mark.parametrize("text", ["", "a\x00b", "a\x85b", "a\ud800b", "x" * 2001])
def test_a_secret_is_text_that_can_be_kept(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(values.Secret).validate_python(text)
    assert " ü " == TypeAdapter(values.Secret).validate_python(" ü ").get_secret_value()
