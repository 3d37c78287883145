"""Amounts are exact and rounded once, half-up, whatever the digits."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.money import line_amount, minor_unit, round_amount

_NUMERIC = st.decimals(min_value=Decimal("0.000001"), max_value=Decimal("999999999999.999999"), places=6)
_CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD", "CLF"])


def _half_up(value: Fraction, decimals: int) -> Fraction:
    scaled = abs(value) * 10**decimals
    whole = (scaled.numerator * 2 + scaled.denominator) // (scaled.denominator * 2)
    return Fraction(whole, 10**decimals) * (-1 if value < 0 else 1)


@given(_NUMERIC, _NUMERIC, _NUMERIC, _CURRENCIES)
def test_a_line_is_the_exact_quotient_rounded_half_up_once(
    quantity: Decimal, price: Decimal, base: Decimal, currency: str
) -> None:
    exact = Fraction(quantity) * Fraction(price) / Fraction(base)
    expected = _half_up(exact, minor_unit(currency))
    assert expected == Fraction(line_amount(quantity, price, base, currency))


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**24), max_value=10**24, places=9))
def test_rounding_is_half_up_away_from_zero(value: Decimal) -> None:
    assert _half_up(Fraction(value), 2) == Fraction(round_amount(value, "EUR"))


@pytest.mark.parametrize(
    ("value", "currency", "rounded"),
    [
        ("0.005", "EUR", "0.01"),
        ("0.015", "EUR", "0.02"),
        ("0.025", "EUR", "0.03"),
        ("-0.005", "EUR", "-0.01"),
        ("0.5", "JPY", "1"),
        ("0.0005", "KWD", "0.001"),
        ("12", "EUR", "12.00"),
        ("0.004999999999999999999999999999999999", "EUR", "0.00"),
    ],
)
def test_the_half_goes_up(value: str, currency: str, rounded: str) -> None:
    assert rounded == str(round_amount(Decimal(value), currency))


def test_the_largest_line_there_can_be_is_exact() -> None:
    largest = Decimal("999999999999.999999")
    assert "999999999999999998000000.00" == str(line_amount(largest, largest, Decimal(1), "EUR"))
