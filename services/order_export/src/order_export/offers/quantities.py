"""Order terms: which quantities are legal, and the nearest legal ones to one that is not; exact, pure."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, gcd, lcm
from typing import Final

_FINEST: Final = 6


@dataclass(frozen=True, slots=True)
class Terms:
    """Minimum, multiple and maximum of a quantity in the sales unit; None: no such term."""

    minimum: Decimal | None = None
    multiple: Decimal | None = None
    maximum: Decimal | None = None


def is_legal(quantity: Decimal, terms: Terms, decimals: int | None, ratio: Decimal) -> bool:
    """Whether `quantity` may be ordered; `ratio` is sales units per ordered unit."""
    step, least, most = _grid(terms, decimals, ratio)
    wanted = Fraction(quantity)
    return wanted % step == 0 and wanted >= least and (most is None or wanted <= most)


def allowed_near(quantity: Decimal, terms: Terms, decimals: int | None, ratio: Decimal) -> list[Decimal]:
    """The legal quantities next to an illegal one, below and above, ascending; empty when none is legal."""
    step, least, most = _grid(terms, decimals, ratio)
    if most is not None and most < least:
        return []
    wanted = Fraction(quantity)
    near = []
    for count in (floor(wanted / step), ceil(wanted / step)):
        candidate = max(count * step, least)
        near.append(candidate if most is None else min(candidate, most))
    return [_decimal(found) for found in sorted(set(near))]


def _grid(terms: Terms, decimals: int | None, ratio: Decimal) -> tuple[Fraction, Fraction, Fraction | None]:
    """Step, least and most of legal quantities in the ordered unit; the bounds lie on the grid."""
    per_unit = Fraction(ratio)
    step = Fraction(1, 10 ** (_FINEST if decimals is None else min(decimals, _FINEST)))
    if terms.multiple:
        step = _common_multiple(step, Fraction(terms.multiple) / per_unit)
    least = max(Fraction(terms.minimum or 0) / per_unit, step)
    most = None if terms.maximum is None else floor(Fraction(terms.maximum) / per_unit / step) * step
    return step, ceil(least / step) * step, most


def _common_multiple(one: Fraction, other: Fraction) -> Fraction:
    return Fraction(lcm(one.numerator, other.numerator), gcd(one.denominator, other.denominator))


def _decimal(value: Fraction) -> Decimal:
    """Exact: every step is a multiple of a power of ten."""
    return Decimal(value.numerator) / Decimal(value.denominator)
