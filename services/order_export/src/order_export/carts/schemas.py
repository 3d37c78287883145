"""Carts on the wire."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from chassis.models import Answer, Money, StrictModel
from chassis.values import Day, Identifier, Line, StockQuantity, UnitPrice, plain, read_decimal
from order_export.carts.models import Cart, LineChange, Visibility
from order_export.carts.service import PricedCart
from order_export.offers.models import Offer, Price, total_of


def _zero_or_more(value: object) -> Decimal:
    read = read_decimal(value, scale=6, digits=12)
    if read < 0:
        raise ValueError("zero or more")
    return read


QuantityOrZero = Annotated[
    Decimal,
    BeforeValidator(_zero_or_more),
    PlainSerializer(plain, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^(0|[1-9][0-9]*)(\.[0-9]+)?$", "examples": ["24"]}),
]
ClientLineId = Annotated[Line, Field(max_length=64, description="The client's own name of the line.")]
UnitCode = Annotated[Line, Field(max_length=64, description="A unit of the product, as the ERP calls it.")]
Version = Annotated[int, Field(strict=True, ge=0, le=2**63 - 1)]


class PriceOut(Answer):
    """A price as shown now; amounts are null unless `status` is `priced`."""

    status: str
    net_price: UnitPrice | None
    gross_price: UnitPrice | None
    discount_percent: str | None
    base_quantity: StockQuantity | None
    unit: str | None
    currency: str | None

    @classmethod
    def of(cls, price: Price | None, *, shown: bool) -> "PriceOut | None":
        """The wire form of a price; `hidden` and nothing else for who may not see prices."""
        if not shown:
            price = Price("hidden")
        if price is None:
            return None
        return cls(
            status=price.status,
            net_price=price.net_price,
            gross_price=price.gross_price,
            discount_percent=None if price.discount_percent is None else plain(price.discount_percent),
            base_quantity=price.base_quantity,
            unit=price.unit,
            currency=price.currency,
        )


class CartLineOut(Answer):
    """A line with what is offered for it now; a product that is not available shows only its id."""

    id: str
    client_line_id: str | None
    product_id: str
    external_id: str | None
    description: str | None
    unit: str | None
    quantity: StockQuantity
    price: PriceOut | None
    line_amount: Money | None


class ViolationOut(Answer):
    """What keeps the cart from being ordered as it is."""

    code: str
    pointer: str
    message: str
    allowed_quantities: list[str]


class CartOut(Answer):
    """A cart, priced and checked now. `total` sums the priced lines; null without any."""

    id: str
    version: int
    name: str | None
    visibility: Visibility
    user_id: str
    ship_to_id: str | None
    customer_reference: str | None
    requested_delivery_date: date | None
    created_at: datetime
    lines: list[CartLineOut]
    charges: list[Money]
    total: Money | None
    violations: list[ViolationOut]

    @classmethod
    def of(cls, priced: PricedCart) -> "CartOut":
        """The wire form of a priced cart."""
        cart, shown = priced.cart, priced.shows_prices
        lines = [_line(line_id, client, offer, shown) for line_id, client, offer in priced.rows()]
        return cls(
            id=cart.id,
            version=cart.version,
            name=cart.name,
            visibility=cart.visibility,
            user_id=cart.user_id,
            ship_to_id=cart.ship_to_id,
            customer_reference=cart.customer_reference,
            requested_delivery_date=cart.requested_delivery_date,
            created_at=cart.created_at,
            lines=lines,
            charges=[],
            total=_total([line.line_amount for line in lines if line.line_amount is not None]),
            violations=_violations(priced),
        )


class CartSummary(Answer):
    """A cart in a list."""

    id: str
    version: int
    name: str | None
    visibility: Visibility
    user_id: str
    line_count: int
    created_at: datetime

    @classmethod
    def of(cls, found: tuple[Cart, int]) -> "CartSummary":
        """The wire form of a cart without its lines."""
        cart, count = found
        return cls(
            id=cart.id,
            version=cart.version,
            name=cart.name,
            visibility=cart.visibility,
            user_id=cart.user_id,
            line_count=count,
            created_at=cart.created_at,
        )


class CartWrite(StrictModel):
    """What a cart is called, who sees it, and what its order will carry; absent fields stay as they are."""

    name: Line | None = None
    visibility: Visibility | None = None
    ship_to_id: Identifier | None = None
    customer_reference: Line | None = None
    requested_delivery_date: Day | None = None

    def given(self) -> dict[str, object]:
        """The fields that were sent; a visibility of null says nothing."""
        values = {name: getattr(self, name) for name in self.model_fields_set}
        return {name: value for name, value in values.items() if name != "visibility" or value is not None}


class LineWrite(StrictModel):
    """A line to be added, changed (`line_id` or a known `client_line_id`) or removed (quantity "0")."""

    line_id: Identifier | None = None
    client_line_id: ClientLineId | None = None
    product_id: Identifier | None = None
    unit: UnitCode | None = None
    quantity: QuantityOrZero

    def change(self) -> LineChange:
        """The change asked for."""
        return LineChange(self.line_id, self.client_line_id, self.product_id, self.unit, self.quantity)


class LinesBatch(StrictModel):
    """Changes of lines, done together or not at all; with `version` only on that version of the cart."""

    lines: Annotated[list[LineWrite], Field(min_length=1, max_length=500)]
    version: Version | None = None


def _line(line_id: str, client_line_id: str | None, offer: Offer, shown: bool) -> CartLineOut:
    product, price, amount = offer.product, offer.price, offer.amount()
    visible = product is not None
    return CartLineOut(
        id=line_id,
        client_line_id=client_line_id,
        product_id=offer.wanted.product_id,
        external_id=product.external_id if product else None,
        description=product.description if product else None,
        unit=offer.unit or offer.wanted.unit,
        quantity=offer.wanted.quantity,
        price=PriceOut.of(price, shown=shown) if visible else None,
        line_amount=(
            Money(amount=amount, currency=price.currency)
            if shown and amount is not None and price is not None and price.currency is not None
            else None
        ),
    )


def _total(amounts: list[Money]) -> Money | None:
    if not amounts:
        return None
    currency = amounts[0].currency
    return Money(amount=total_of([money.amount for money in amounts], currency), currency=currency)


def _violations(priced: PricedCart) -> list[ViolationOut]:
    found = []
    for index, offer in enumerate(priced.offers):
        for violation in offer.violations():
            allowed = [plain(value) for value in violation.allowed_quantities]
            found.append(
                ViolationOut(
                    code=violation.code,
                    pointer=f"/lines/{index}",
                    message=violation.message,
                    allowed_quantities=allowed,
                )
            )
        if priced.shows_prices and offer.price is not None and offer.price.status == "on_request":
            found.append(
                ViolationOut(
                    code="price_on_request",
                    pointer=f"/lines/{index}",
                    message="ask for a price",
                    allowed_quantities=[],
                )
            )
    return found
