"""The order document: what is published, exported and shown, put together from everything known."""

from collections.abc import Sequence

from chassis.database import Reader
from chassis.models import Money
from order_export.events import HistoryEntry, LineFact, OrderLineState, OrderState
from order_export.orders.models import Happened, Order, OrderLine
from order_export.orders.repository import OrderRepository
from order_export.responses.models import Newest, Response, newest
from order_export.responses.repository import ResponseRepository


class OrderDocuments:
    """Builds the documents of orders, with a fixed number of statements for any number of orders."""

    def __init__(self, orders: OrderRepository, responses: ResponseRepository) -> None:
        self._orders = orders
        self._responses = responses

    async def of(self, reader: Reader, orders: Sequence[Order]) -> list[OrderState]:
        """The documents, in the order of `orders`."""
        ids = [order.id for order in orders]
        lines = await self._orders.lines(reader, ids)
        history = await self._orders.history(reader, ids)
        answers = await self._responses.of_orders(reader, ids)
        return [
            document(order, lines[order.id], history[order.id], newest(answers[order.id])) for order in orders
        ]


def document(
    order: Order, lines: Sequence[OrderLine], history: Sequence[Happened], found: Newest
) -> OrderState:
    """The document of one order."""
    return OrderState(
        id=order.id,
        order_number=order.order_number,
        origin=order.origin,
        source=order.source,
        account_id=order.account_id,
        account_external_id=order.account_external_id,
        placed_by=order.placed_by,
        on_behalf_of=order.on_behalf_of,
        channel_id=order.channel_id,
        ordered_at=order.ordered_at,
        ordered_on=order.ordered_on,
        currency=order.currency,
        customer_reference=order.customer_reference,
        requested_delivery_date=order.requested_delivery_date,
        status=order.status,
        erp_order_numbers=list(order.erp_order_numbers),
        sell_to=dict(order.sell_to),
        bill_to=None if order.bill_to is None else dict(order.bill_to),
        ship_to=dict(order.ship_to),
        payment_terms=order.payment_terms,
        delivery_terms=order.delivery_terms,
        tax_status=order.tax_status,
        taxes=[dict(tax) for tax in order.taxes],
        charges=[dict(charge) for charge in order.charges],
        total=Money(amount=order.total, currency=order.currency),
        lines=[_line(line, found) for line in lines],
        history=[
            HistoryEntry(
                at=entry.at,
                kind=entry.kind,
                erp_event_id=entry.erp_event_id,
                details=None if entry.details is None else dict(entry.details),
            )
            for entry in history
        ],
    )


def _line(line: OrderLine, found: Newest) -> OrderLineState:
    facts = {kind: _fact(answer) for (number, kind), answer in found.items() if number == line.line_number}
    return OrderLineState(
        id=line.id,
        line_number=line.line_number,
        product_id=line.product_id,
        external_id=line.external_id,
        description=line.description,
        unit=line.unit,
        quantity=line.quantity,
        price_unit=line.price_unit,
        base_quantity=line.base_quantity,
        net_price=line.net_price,
        gross_price=line.gross_price,
        discount_percent=line.discount_percent,
        line_amount=line.line_amount,
        tax_group=line.tax_group,
        confirmed=facts or None,
        evidence=dict(line.evidence),
    )


def _fact(answer: Response) -> LineFact:
    return LineFact(
        event_id=answer.event_id,
        occurred_at=answer.occurred_at,
        quantity=answer.quantity,
        unit=answer.unit,
        external_id=answer.product,
        net_price=answer.net_price,
        line_amount=answer.line_amount,
        schedules=None if answer.schedules is None else [dict(entry) for entry in answer.schedules],
        text=answer.text,
    )
