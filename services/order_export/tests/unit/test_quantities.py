"""Order terms: what is legal, and what is nearest to what is not."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from order_export.offers.quantities import Terms, allowed_near, is_legal

ONE = Decimal(1)


def near(quantity: str, terms: Terms, decimals: int | None = 0, ratio: str = "1") -> list[str]:
    """The nearest legal quantities as text."""
    found = allowed_near(Decimal(quantity), terms, decimals, Decimal(ratio))
    return [format(value, "f") for value in found]


def terms(minimum: str | None = None, multiple: str | None = None, maximum: str | None = None) -> Terms:
    """Terms from text."""
    return Terms(*(None if value is None else Decimal(value) for value in (minimum, multiple, maximum)))


@pytest.mark.parametrize(
    ("quantity", "allowed", "expected"),
    [
        ("3", terms("10"), ["10"]),
        ("12", terms("10", "5"), ["10", "15"]),
        ("7", terms("10", "4"), ["12"]),
        ("101", terms("10", "5", "100"), ["100"]),
        ("99", terms(None, "7", "100"), ["98"]),
        ("1.5", terms(), ["1", "2"]),
        ("0.4", terms(), ["1"]),
        ("5", terms("10", None, "9"), []),
    ],
)
def test_the_nearest_legal_quantities_are_named(quantity: str, allowed: Terms, expected: list[str]) -> None:
    assert not is_legal(Decimal(quantity), allowed, 0, ONE)
    assert expected == near(quantity, allowed)


def test_terms_of_the_sales_unit_hold_for_a_quantity_in_another_unit() -> None:
    # A box holds 12 pieces; pieces are sold from 30 on, in sixes.
    allowed = terms("30", "6")
    assert is_legal(Decimal(3), allowed, 0, Decimal(12))
    assert not is_legal(Decimal(2), allowed, 0, Decimal(12))
    assert ["3"] == near("2", allowed, ratio="12")


def test_a_unit_without_known_decimals_takes_any_quantity_that_can_be_stored() -> None:
    assert is_legal(Decimal("0.000001"), terms(), None, ONE)
    assert is_legal(Decimal("2.25"), terms(None, "0.25"), None, ONE)


quantities = st.integers(1, 10_000).map(lambda value: Decimal(value) / 100)
optional = st.one_of(st.none(), quantities)


@given(
    quantity=quantities,
    allowed=st.builds(Terms, optional, optional, optional),
    decimals=st.one_of(st.none(), st.integers(0, 3)),
    ratio=st.sampled_from([Decimal(1), Decimal(12), Decimal("0.5")]),
)
def test_whatever_is_named_as_legal_is_legal_and_nothing_legal_lies_between(
    quantity: Decimal, allowed: Terms, decimals: int | None, ratio: Decimal
) -> None:
    found = allowed_near(quantity, allowed, decimals, ratio)
    assert all(is_legal(value, allowed, decimals, ratio) for value in found)
    if is_legal(quantity, allowed, decimals, ratio):
        assert [quantity] == found
    elif len(found) == 2:
        assert found[0] < quantity < found[1]
