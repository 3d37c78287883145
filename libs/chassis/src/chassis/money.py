"""Money arithmetic: pure, decimal, rounded once and half-up (docs/adr/0011-money-in-libs.md)."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from typing import Final

# Wide enough for two numeric(18,6) multiplied. Cutting off, not rounding, before the one rounding: a quotient
# without end neither reaches nor passes the half by being cut.
_WIDE: Final = Context(prec=100, rounding=ROUND_DOWN)

# ISO 4217 list one: currencies whose minor unit is not two decimals.
_MINOR_UNITS: Final = {
    "BHD": 3,
    "BIF": 0,
    "CLF": 4,
    "CLP": 0,
    "DJF": 0,
    "GNF": 0,
    "IQD": 3,
    "ISK": 0,
    "JOD": 3,
    "JPY": 0,
    "KMF": 0,
    "KRW": 0,
    "KWD": 3,
    "LYD": 3,
    "OMR": 3,
    "PYG": 0,
    "RWF": 0,
    "TND": 3,
    "UGX": 0,
    "UYI": 0,
    "UYW": 4,
    "VND": 0,
    "VUV": 0,
    "XAF": 0,
    "XOF": 0,
    "XPF": 0,
}


def minor_unit(currency: str) -> int:
    """How many decimals amounts of a currency have (ISO 4217)."""
    return _MINOR_UNITS.get(currency, 2)


def round_amount(value: Decimal, currency: str) -> Decimal:
    """The value rounded half-up to the currency's minor unit."""
    return value.quantize(Decimal(1).scaleb(-minor_unit(currency)), ROUND_HALF_UP, _WIDE)


def line_amount(quantity: Decimal, net_price: Decimal, base_quantity: Decimal, currency: str) -> Decimal:
    """quantity ÷ base quantity × net price, rounded half-up to the minor unit, once."""
    product = _WIDE.multiply(quantity, net_price)
    return round_amount(_WIDE.divide(product, base_quantity), currency)
