"""What may be ordered and at which price: products, terms, prices, and the rules between them; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from chassis.money import line_amount, round_amount
from order_export.offers.quantities import Terms, allowed_near, is_legal

OnPriceChange = Literal["refuse", "accept_lower", "accept"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of a product: how many base units it holds, and the decimals a quantity in it may have."""

    code: str
    in_base_units: Decimal
    decimals: int | None


@dataclass(frozen=True, slots=True)
class Product:
    """A product the caller may see, as far as ordering needs it. Terms count in the sales unit."""

    id: str
    source: str
    external_id: str
    description: str | None
    sales_unit: str
    units: Mapping[str, Unit]
    terms: Terms
    tax_group: str | None


@dataclass(frozen=True, slots=True)
class Price:
    """A price as pricing answers it; only `priced` ones have amounts. Per `base_quantity` of `unit`."""

    status: str
    net_price: Decimal | None = None
    gross_price: Decimal | None = None
    discount_percent: Decimal | None = None
    base_quantity: Decimal | None = None
    unit: str | None = None
    currency: str | None = None
    evidence: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class WantedLine:
    """What somebody wants: `unit` None means the product's sales unit."""

    product_id: str
    unit: str | None
    quantity: Decimal
    expected_net_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Violation:
    """Why a line cannot be ordered like this; the nearest quantities that could."""

    code: str
    message: str
    allowed_quantities: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """A wanted line with what the neighbours say about it. No product: not there for this caller."""

    wanted: WantedLine
    product: Product | None
    unit: str | None
    price: Price | None

    def violations(self) -> list[Violation]:
        """Everything but the price that keeps the line from being ordered."""
        if self.product is None or self.unit is None:
            return [Violation("product_unavailable", "this product is not available")]
        unit = self.product.units.get(self.unit)
        if unit is None:
            return [Violation("unit_unknown", "the product is not sold in this unit")]
        ratio = unit.in_base_units / self.product.units[self.product.sales_unit].in_base_units
        if is_legal(self.wanted.quantity, self.product.terms, unit.decimals, ratio):
            return []
        allowed = allowed_near(self.wanted.quantity, self.product.terms, unit.decimals, ratio)
        return [Violation("quantity_not_allowed", "this quantity cannot be ordered", tuple(allowed))]

    def amount(self) -> Decimal | None:
        """The line amount, None without a price."""
        price, product = self.price, self.product
        if product is None or price is None or price.net_price is None or self.unit not in product.units:
            return None
        assert price.base_quantity is not None
        assert price.unit is not None
        assert price.currency is not None
        assert self.unit is not None
        if price.unit == self.unit:
            return line_amount(self.wanted.quantity, price.net_price, price.base_quantity, price.currency)
        ordered = product.units[self.unit].in_base_units
        priced = product.units[price.unit].in_base_units
        return line_amount(
            self.wanted.quantity * ordered, price.net_price, price.base_quantity * priced, price.currency
        )


def price_accepted(expected: Decimal | None, actual: Decimal, rule: OnPriceChange) -> bool:
    """Whether a line may be ordered at the actual price, given what the caller expected."""
    if expected is None or rule == "accept" or actual == expected:
        return True
    return rule == "accept_lower" and actual < expected


def total_of(amounts: Sequence[Decimal], currency: str) -> Decimal:
    """The sum of stored line amounts: nothing is rounded again."""
    return sum(amounts, round_amount(Decimal(0), currency))
