"""Current states told again, chunk by chunk, under each aggregate's lock."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Table, func, select, update

from catalog import events, tables
from catalog.catalogues.service import outgoing as catalogue_state
from catalog.categories.service import outgoing as category_state
from catalog.wiring import Wiring
from chassis.clock import Clock, milliseconds
from chassis.database import Transaction
from eventing.outbox import Outgoing
from eventing.republish import Republisher
from eventing.topics import Topic
from feeds.announcing import feed_republisher

Model = TypeVar("Model")


def republishers(wiring: Wiring) -> list[Republisher]:
    """One for every state catalog publishes."""
    stores, clock = wiring.stores, wiring.clock
    return [
        _republisher(events.CATALOGUE, tables.catalogue, stores.catalogues.chunk, catalogue_state, clock),
        _republisher(events.CATEGORY, tables.category, stores.categories.chunk, category_state, clock),
        Republisher(events.PRODUCT, wiring.publisher.republish),
        feed_republisher(events.FEED, tables.feeds, clock),
    ]


def _republisher(
    topic: Topic[Any],
    table: Table,
    chunk: Callable[[Transaction, str | None, int], Awaitable[Sequence[Model]]],
    outgoing: Callable[[Model], Outgoing],
    clock: Clock,
) -> Republisher:
    async def read_chunk(tx: Transaction, after: str | None, limit: int, bump: bool) -> Sequence[Outgoing]:
        if bump:
            await _raise_versions(tx, table, after, limit, milliseconds(clock.now()))
        return [outgoing(model) for model in await chunk(tx, after, limit)]

    return Republisher(topic, read_chunk)


async def _raise_versions(tx: Transaction, table: Table, after: str | None, limit: int, version: int) -> None:
    keys = select(table.c.id).order_by(table.c.id).limit(limit).with_for_update()
    if after is not None:
        keys = keys.where(table.c.id > after)
    await tx.execute(
        update(table)
        .where(table.c.id.in_(keys.scalar_subquery()))
        .values(version=func.greatest(table.c.version + 1, version))
    )
