"""Feed states as events: the last run of each source, resource and scope, told when it changes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from chassis.clock import Clock, milliseconds
from chassis.database import Transaction
from eventing.outbox import Outbox, Outgoing
from eventing.republish import Republisher
from eventing.topics import EventModel, Topic
from feeds.repository import RunRepository
from feeds.runs import Mode, OnRunChanged, Run, State
from feeds.tables import FeedTables


class FeedState(EventModel):
    """The value of a `<service>.feed` event: how old the data of a feed is, and how its last run went."""

    id: str
    source: str
    resource: str
    scope: str
    run_id: str
    mode: Mode
    state: State
    counts: dict[str, int]
    received_at: datetime | None
    finished_at: datetime | None
    data_as_of: datetime | None


def feed_key(source: str, resource: str, scope: str) -> str:
    """The id of a feed: one per source, resource and scope."""
    return f"{source}:{resource}:{scope}"


def outgoing(topic: Topic[FeedState], run: Run, version: int) -> Outgoing:
    """What the feed's event says after a run changed."""
    key = feed_key(run.source, run.resource, run.scope)
    state = FeedState(
        id=key,
        source=run.source,
        resource=run.resource,
        scope=run.scope,
        run_id=run.id,
        mode=run.mode,
        state=run.state,
        counts=dict(run.counts),
        received_at=run.received_at,
        finished_at=run.finished_at,
        data_as_of=run.data_as_of,
    )
    return Outgoing(topic, key, version, state)


def announcer(topic: Topic[FeedState], outbox: Outbox, clock: Clock) -> OnRunChanged:
    """The hook that puts a feed's state into the outbox; previews change nothing and are not told."""

    async def run_changed(tx: Transaction, run: Run) -> None:
        if run.mode is not Mode.PREVIEW:
            await outbox.put(tx, [outgoing(topic, run, milliseconds(clock.now()))])

    return run_changed


def feed_republisher(topic: Topic[FeedState], tables: FeedTables, clock: Clock) -> Republisher:
    """Tells the last run of every feed again."""
    runs, table = RunRepository(tables), tables.run

    async def read_chunk(tx: Transaction, after: str | None, limit: int, _: bool) -> Sequence[Outgoing]:
        key: Any = func.concat_ws(":", table.c.source, table.c.resource, table.c.scope)
        last = (
            select(func.max(table.c.received))
            .where(table.c.mode != Mode.PREVIEW)
            .group_by(table.c.source, table.c.resource, table.c.scope)
        )
        found = select(table.c.id).where(table.c.received.in_(last)).order_by(key).limit(limit)
        if after is not None:
            found = found.where(key > after)
        told = []
        for run_id in await tx.scalars(found):
            run = await runs.lock(tx, run_id)
            assert run is not None, "a run is never deleted"
            told.append(outgoing(topic, run, milliseconds(clock.now())))
        return told

    return Republisher(topic, read_chunk)
