"""An order and its lines as placed: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal

from chassis.failures import FieldError
from chassis.principal import Principal
from order_export.errors import at
from order_export.offers.account import OrderingAccount
from order_export.offers.models import Offer, OnPriceChange, WantedLine, price_accepted, total_of

MAX_LINES: Final = 1_000
PLACED: Final = "placed"
"""The first entry of the history of an order that was placed here."""


@dataclass(frozen=True, slots=True)
class WantedOrder:
    """What somebody wants to order: the lines of a cart, or lines of its own."""

    lines: Sequence[WantedLine] | None
    cart_id: str | None
    cart_version: int | None
    ship_to_id: str | None
    requested_delivery_date: date | None
    customer_reference: str | None
    on_price_change: OnPriceChange


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A line as placed, with the price row it was priced from."""

    id: str
    line_number: int
    product_id: str
    external_id: str
    description: str | None
    unit: str
    quantity: Decimal
    price_unit: str
    base_quantity: Decimal
    net_price: Decimal
    gross_price: Decimal | None
    discount_percent: Decimal | None
    line_amount: Decimal
    tax_group: str | None
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """An order. Only `version`, `status` and `erp_order_numbers` ever change."""

    id: str
    order_number: str
    version: int
    origin: Literal["platform", "erp"]
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
    erp_order_numbers: Sequence[str]
    sell_to: Mapping[str, Any]
    bill_to: Mapping[str, Any] | None
    ship_to: Mapping[str, Any]
    ship_to_id: str | None
    payment_terms: str | None
    delivery_terms: str | None
    tax_status: Literal["by_erp", "calculated"]
    taxes: Sequence[Mapping[str, Any]]
    charges: Sequence[Mapping[str, Any]]
    total: Decimal
    line_count: int


@dataclass(frozen=True, slots=True)
class Happened:
    """An entry of an order's history."""

    at: datetime
    kind: str
    erp_event_id: str | None
    details: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Findings:
    """Why offers cannot be ordered, by kind, as places of the request."""

    unavailable: Sequence[FieldError]
    terms: Sequence[FieldError]
    on_request: Sequence[FieldError]
    changed: Sequence[FieldError]


def examine(offers: Sequence[Offer], rule: OnPriceChange, *, shows_prices: bool) -> Findings:
    """What keeps these offers from being ordered; amounts are named only to those who may see prices."""
    unavailable: list[FieldError] = []
    terms: list[FieldError] = []
    on_request: list[FieldError] = []
    changed: list[FieldError] = []
    for index, offer in enumerate(offers):
        if offer.product is None:
            unavailable.append(at(f"/lines/{index}/product_id", "product_unavailable", "not available"))
            continue
        for violation in offer.violations():
            place = "unit" if violation.code == "unit_unknown" else "quantity"
            allowed = {"allowed_quantities": [format(value, "f") for value in violation.allowed_quantities]}
            terms.append(at(f"/lines/{index}/{place}", violation.code, violation.message, allowed))
        price = offer.price
        if price is None or price.net_price is None:
            on_request.append(at(f"/lines/{index}/product_id", "price_on_request", "ask for a price"))
        elif not price_accepted(offer.wanted.expected_net_price, price.net_price, rule):
            both = {
                "expected_net_price": format(offer.wanted.expected_net_price or 0, "f"),
                "net_price": format(price.net_price, "f"),
            }
            changed.append(
                at(
                    f"/lines/{index}/expected_net_price",
                    "price_changed",
                    "the price is another one now",
                    both if shows_prices else None,
                )
            )
    return Findings(unavailable, terms, on_request, changed)


def placed_line(line_id: str, number: int, offer: Offer) -> OrderLine:
    """The line of an offer that `examine` found nothing against."""
    product, price, amount = offer.product, offer.price, offer.amount()
    assert product is not None
    assert price is not None
    assert offer.unit is not None
    assert amount is not None
    assert price.net_price is not None
    assert price.base_quantity is not None
    assert price.unit is not None
    return OrderLine(
        id=line_id,
        line_number=number,
        product_id=product.id,
        external_id=product.external_id,
        description=product.description,
        unit=offer.unit,
        quantity=offer.wanted.quantity,
        price_unit=price.unit,
        base_quantity=price.base_quantity,
        net_price=price.net_price,
        gross_price=price.gross_price,
        discount_percent=price.discount_percent,
        line_amount=amount,
        tax_group=product.tax_group,
        evidence=dict(price.evidence or {}),
    )


def placed_order(
    order_id: str,
    order_number: str,
    version: int,
    account: OrderingAccount,
    wanted: WantedOrder,
    lines: Sequence[OrderLine],
    currency: str,
    principal: Principal,
    moment: datetime,
    day: date,
) -> Order:
    """The order of these lines, with snapshots of who buys and where the goods and the bill go."""
    ship_to = account.ship_to(wanted.ship_to_id)
    assert ship_to is not None
    return Order(
        id=order_id,
        order_number=order_number,
        version=version,
        origin="platform",
        source=account.source,
        account_id=account.id,
        account_external_id=account.external_id,
        # Who acts stands in placed_by; for whom, where that is somebody else, in on_behalf_of.
        placed_by=principal.actor or principal.subject,
        on_behalf_of=principal.subject if principal.actor else None,
        channel_id=principal.channel_id,
        ordered_at=moment,
        ordered_on=day,
        currency=currency,
        customer_reference=wanted.customer_reference,
        requested_delivery_date=wanted.requested_delivery_date,
        status="received",
        erp_order_numbers=(),
        sell_to=account.sell_to(),
        bill_to=account.address(account.bill_to_id),
        ship_to=ship_to,
        ship_to_id=wanted.ship_to_id or account.default_ship_to_id,
        payment_terms=account.payment_terms,
        delivery_terms=account.delivery_terms,
        tax_status="by_erp",
        taxes=(),
        charges=(),
        total=total_of([line.line_amount for line in lines], currency),
        line_count=len(lines),
    )
