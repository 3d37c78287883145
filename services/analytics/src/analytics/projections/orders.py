"""Copies of orders with their lines, and of their exports."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy import delete, insert, select, tuple_

from analytics.projections.keeping import keep
from analytics.tables import order_export, order_line, sales_order
from chassis.database import Transaction
from chassis.values import Amount, StockQuantity
from eventing.consumer import AnySubscription, Arrived, Subscription
from eventing.projection import upsert
from eventing.topics import ConsumedModel, Kind


class OrderLine(ConsumedModel):
    """A line as placed."""

    line_number: int
    product_id: str
    unit: str
    quantity: StockQuantity
    line_amount: Amount


class Order(ConsumedModel):
    """Of an order: who, when, what for how much."""

    order_number: str
    origin: str
    account_id: str
    channel_id: str | None = None
    ordered_on: date
    currency: str
    lines: list[OrderLine]


class Export(ConsumedModel):
    """Of an export: how far it is."""

    connector: str | None = None
    state: str


async def apply_orders(tx: Transaction, arrived: Sequence[Arrived[Order]]) -> None:
    """Keeps orders by version, and the lines of those whose version is the one kept."""
    await upsert(tx, sales_order, [_row(event) for event in arrived])
    placed = {event.key: event for event in arrived}
    pairs = [(event.key, event.version) for event in arrived]
    current = await tx.scalars(
        select(sales_order.c.id).where(tuple_(sales_order.c.id, sales_order.c.version).in_(pairs))
    )
    await tx.execute(delete(order_line).where(order_line.c.order_id.in_(current)))
    lines = [
        {"order_id": order_id, **line.model_dump()}
        for order_id in sorted(current)
        if (value := placed[order_id].value) is not None
        for line in value.lines
    ]
    if lines:
        await tx.execute(insert(order_line), lines)


def _row(event: Arrived[Order]) -> dict[str, object]:
    order = event.value
    fields = (
        order.model_dump(exclude={"lines"}) if order else dict.fromkeys(Order.model_fields.keys() - {"lines"})
    )
    # Turnover is line amounts as placed, never recomputed from quantities.
    turnover = sum((line.line_amount for line in order.lines), Decimal(0)) if order else None
    return {
        "id": event.key,
        "version": event.version,
        **fields,
        "turnover": turnover,
        "deleted": order is None,
    }


async def apply_exports(tx: Transaction, arrived: Sequence[Arrived[Export]]) -> None:
    """Keeps the copy of the exports."""
    await keep(tx, order_export, Export, arrived)


SUBSCRIPTIONS: Final[tuple[AnySubscription, ...]] = (
    Subscription("orders.order", Kind.STATE, Order, apply_orders),
    Subscription("orders.export", Kind.STATE, Export, apply_exports),
)
