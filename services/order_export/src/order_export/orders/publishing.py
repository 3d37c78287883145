"""Changing an order after it was placed: under its lock, with version, history and event."""

from collections.abc import Sequence
from dataclasses import replace

from chassis.clock import Clock, next_version
from chassis.database import Transaction
from eventing.outbox import Outbox, Outgoing
from order_export import events
from order_export.orders.document import OrderDocuments, document
from order_export.orders.models import PLACED, Happened, Order, OrderLine
from order_export.orders.repository import OrderRepository


class OrderPublisher:
    """Stores changed orders and publishes their documents."""

    def __init__(
        self, orders: OrderRepository, documents: OrderDocuments, outbox: Outbox, clock: Clock
    ) -> None:
        self._orders = orders
        self._documents = documents
        self._outbox = outbox
        self._clock = clock

    async def changed(self, tx: Transaction, orders: Sequence[Order]) -> list[Order]:
        """The orders, locked by the caller, with their next versions: stored and published."""
        now = self._clock.now()
        stored = [replace(order, version=next_version(order.version, now)) for order in orders]
        for order in stored:
            await self._orders.save(tx, order)
        await self.publish(tx, stored)
        return stored

    async def placed(self, tx: Transaction, order: Order, lines: Sequence[OrderLine]) -> None:
        """Publishes an order that this transaction wrote: nothing is known of it but what it was made of."""
        state = document(order, lines, [Happened(order.ordered_at, PLACED, None, None)], {})
        await self._outbox.put(tx, [Outgoing(events.ORDER, order.id, order.version, state)])

    async def publish(self, tx: Transaction, orders: Sequence[Order]) -> None:
        """Publishes the documents of orders as they are."""
        await self._outbox.put(tx, await self.outgoing(tx, orders))

    async def outgoing(self, tx: Transaction, orders: Sequence[Order]) -> list[Outgoing]:
        """The events of orders as they are."""
        found = await self._documents.of(tx, orders)
        return [
            Outgoing(events.ORDER, order.id, order.version, document)
            for order, document in zip(orders, found, strict=True)
        ]

    async def read_chunk(
        self, tx: Transaction, after_key: str | None, limit: int, bump: bool
    ) -> Sequence[Outgoing]:
        """For republishing (eventing.republish)."""
        orders = await self._orders.chunk(tx, after_key, limit)
        if bump:
            now = self._clock.now()
            orders = [replace(order, version=next_version(order.version, now)) for order in orders]
            for order in orders:
                await self._orders.save(tx, order)
        return await self.outgoing(tx, orders)
