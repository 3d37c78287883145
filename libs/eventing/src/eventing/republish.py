"""Republishing: current states written into the outbox again, after a Kafka or a database was lost."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.database import Database, Transaction
from eventing.outbox import Outbox, Outgoing
from eventing.topics import Topic

ReadChunk = Callable[[Transaction, str | None, int, bool], Awaitable[Sequence[Outgoing]]]


@dataclass(frozen=True)
class Republisher:
    """How the states of one topic are read again.

    `read_chunk(tx, after_key, limit, bump)` returns the next states with a key above `after_key`, ordered by
    key, deletions included, their rows locked FOR UPDATE; with `bump` it first raises their versions in `tx`.
    """

    topic: Topic[Any]
    read_chunk: ReadChunk


async def republish(
    database: Database,
    outbox: Outbox,
    republishers: Sequence[Republisher],
    *,
    bump: bool = False,
    chunk: int = 500,
) -> dict[str, int]:
    """Puts every current state into the outbox, a transaction per chunk; returns the count per topic."""
    counts: dict[str, int] = {}
    for republisher in republishers:
        name = republisher.topic.name
        counts[name] = 0
        after: str | None = None
        while True:
            async with database.transaction() as tx:
                events = await republisher.read_chunk(tx, after, chunk, bump)
                await outbox.put(tx, events)
            if not events:
                break
            counts[name] += len(events)
            after = events[-1].key
    return counts
