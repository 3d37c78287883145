"""Orders on the wire."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field, model_validator

from chassis.models import Answer, Money, StrictModel
from chassis.values import Amount, Day, Identifier, Line, Percent, Quantity, StockQuantity, UnitPrice
from order_export.carts.schemas import CartOut, UnitCode, Version
from order_export.events import HistoryEntry, LineFact, OrderState
from order_export.offers.models import OnPriceChange, WantedLine
from order_export.orders.models import MAX_LINES, Order, WantedOrder
from order_export.orders.service import CopiedOrder

_AMOUNTS = ("net_price", "gross_price", "discount_percent", "line_amount", "base_quantity", "price_unit")


class OrderLineWrite(StrictModel):
    """A line to be ordered; without a unit it is the product's sales unit."""

    product_id: Identifier
    unit: UnitCode | None = None
    quantity: Quantity
    expected_net_price: UnitPrice | None = None

    def wanted(self) -> WantedLine:
        """The line asked for."""
        return WantedLine(self.product_id, self.unit, self.quantity, self.expected_net_price)


class OrderWrite(StrictModel):
    """An order to be placed: of a cart as it was last read, or of these lines."""

    cart_id: Identifier | None = None
    cart_version: Version | None = None
    lines: Annotated[list[OrderLineWrite], Field(min_length=1, max_length=MAX_LINES)] | None = None
    ship_to_id: Identifier | None = None
    requested_delivery_date: Day | None = None
    customer_reference: Line | None = None
    on_price_change: OnPriceChange = "refuse"

    @model_validator(mode="after")
    def _one_of_both(self) -> "OrderWrite":
        if (self.cart_id is None) == (self.lines is None):
            raise ValueError("either cart_id or lines")
        if (self.cart_id is None) != (self.cart_version is None):
            raise ValueError("cart_version belongs to cart_id")
        return self

    def wanted(self) -> WantedOrder:
        """The order asked for."""
        lines = None if self.lines is None else [line.wanted() for line in self.lines]
        return WantedOrder(
            lines=lines,
            cart_id=self.cart_id,
            cart_version=self.cart_version,
            ship_to_id=self.ship_to_id,
            requested_delivery_date=self.requested_delivery_date,
            customer_reference=self.customer_reference,
            on_price_change=self.on_price_change,
        )


class OrderReceipt(Answer):
    """An order was placed; GET shows the rest under today's rights."""

    id: str
    order_number: str
    ordered_at: datetime
    line_count: int


class OrderSummary(Answer):
    """An order in a list; `total` is null for who may not see prices."""

    id: str
    order_number: str
    origin: str
    status: str
    account_id: str
    placed_by: str | None
    on_behalf_of: str | None
    ordered_at: datetime
    ordered_on: date
    customer_reference: str | None
    requested_delivery_date: date | None
    erp_order_numbers: list[str]
    ship_to: dict[str, Any]
    line_count: int
    total: Money | None

    @classmethod
    def of(cls, order: Order, *, shows_prices: bool) -> "OrderSummary":
        """The wire form of an order in a list."""
        return cls(
            id=order.id,
            order_number=order.order_number,
            origin=order.origin,
            status=order.status,
            account_id=order.account_id,
            placed_by=order.placed_by,
            on_behalf_of=order.on_behalf_of,
            ordered_at=order.ordered_at,
            ordered_on=order.ordered_on,
            customer_reference=order.customer_reference,
            requested_delivery_date=order.requested_delivery_date,
            erp_order_numbers=list(order.erp_order_numbers),
            ship_to=dict(order.ship_to),
            line_count=order.line_count,
            total=Money(amount=order.total, currency=order.currency) if shows_prices else None,
        )


class OrderLineOut(Answer):
    """A line as placed; what tells a price is null for who may not see prices."""

    id: str
    line_number: int
    product_id: str
    external_id: str
    description: str | None
    unit: str
    quantity: StockQuantity
    price_unit: str | None
    base_quantity: StockQuantity | None
    net_price: UnitPrice | None
    gross_price: UnitPrice | None
    discount_percent: Percent | None
    line_amount: Amount | None
    tax_group: str | None
    confirmed: dict[str, LineFact] | None


class OrderOut(Answer):
    """An order as it was placed and what happened to it since, without the evidence of its prices."""

    id: str
    order_number: str
    origin: str
    source: str
    account_id: str
    account_external_id: str
    placed_by: str | None
    on_behalf_of: str | None
    channel_id: str | None
    ordered_at: datetime
    ordered_on: date
    currency: str
    customer_reference: str | None
    requested_delivery_date: date | None
    status: str
    erp_order_numbers: list[str]
    sell_to: dict[str, Any]
    bill_to: dict[str, Any] | None
    ship_to: dict[str, Any]
    payment_terms: str | None
    delivery_terms: str | None
    tax_status: str
    taxes: list[dict[str, Any]]
    charges: list[dict[str, Any]]
    total: Money | None
    lines: list[OrderLineOut]
    history: list[HistoryEntry]

    @classmethod
    def of(cls, document: OrderState, *, shows_prices: bool) -> "OrderOut":
        """The wire form of an order document."""
        values = {name: getattr(document, name) for name in cls.model_fields}
        values["lines"] = [_line(line, shows_prices) for line in document.lines]
        if not shows_prices:
            values |= {"total": None, "taxes": [], "charges": []}
        return cls(**values)


def _line(line: Any, shows_prices: bool) -> OrderLineOut:
    values = {name: getattr(line, name) for name in OrderLineOut.model_fields}
    if not shows_prices:
        values |= dict.fromkeys(_AMOUNTS)
        withheld = {"net_price": None, "line_amount": None}
        facts = line.confirmed or {}
        values["confirmed"] = {kind: fact.model_copy(update=withheld) for kind, fact in facts.items()} or None
    return OrderLineOut(**values)


class OrderChanges(Answer):
    """Orders as they changed. `next_cursor` is always there: keep it and ask again later."""

    items: list[OrderState]
    next_cursor: str | None
    more: bool


class CopyToCart(StrictModel):
    """What the new cart is called."""

    name: Line | None = None


class SkippedLine(Answer):
    """A line of the order whose product is not available today."""

    line_number: int
    product_id: str
    external_id: str


class CopiedOut(Answer):
    """The new cart, and what could not come along."""

    cart: CartOut
    skipped: list[SkippedLine]

    @classmethod
    def of(cls, copied: CopiedOrder) -> "CopiedOut":
        """The wire form of a copied order."""
        skipped = [
            SkippedLine(
                line_number=line.line_number, product_id=line.product_id, external_id=line.external_id
            )
            for line in copied.skipped
        ]
        return cls(cart=CartOut.of(copied.cart), skipped=skipped)
