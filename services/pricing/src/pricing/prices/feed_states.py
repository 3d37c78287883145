"""The state of each price feed, told to whoever watches feeds: `pricing.feed`."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from chassis.clock import Clock, next_version
from chassis.database import Transaction
from eventing.outbox import Outbox, Outgoing
from feeds.runs import Mode, Run
from pricing import events
from pricing.events import FeedCounts, FeedState
from pricing.tables import feed_state


class FeedStates:
    """Keeps the last run per source, resource and scope, and publishes each change."""

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self._outbox = outbox
        self._clock = clock

    async def record(self, tx: Transaction, run: Run) -> None:
        """Says where a run stands; a preview changes nothing and is not told."""
        if run.mode is Mode.PREVIEW:
            return
        state = _state(run)
        statement = insert(feed_state).values(id=state.id, version=0, state={})
        await tx.execute(statement.on_conflict_do_nothing())
        before = await tx.scalar(
            select(feed_state.c.version).where(feed_state.c.id == state.id).with_for_update()
        )
        version = next_version(before, self._clock.now())
        values = {"version": version, "state": state.model_dump(mode="json")}
        await tx.execute(feed_state.update().where(feed_state.c.id == state.id).values(values))
        await self._outbox.put(tx, [Outgoing(events.FEED, state.id, version, state)])

    async def republish(self, tx: Transaction, after: str | None, limit: int, bump: bool) -> list[Outgoing]:
        """The next feed states as events (see eventing.republish)."""
        statement = select(feed_state).order_by(feed_state.c.id).limit(limit).with_for_update()
        if after is not None:
            statement = statement.where(feed_state.c.id > after)
        rows: list[dict[str, Any]] = [dict(row) for row in await tx.all(statement)]
        for row in rows if bump else []:
            row["version"] = next_version(row["version"], self._clock.now())
            changed = feed_state.update().where(feed_state.c.id == row["id"])
            await tx.execute(changed.values(version=row["version"]))
        return [
            Outgoing(events.FEED, row["id"], row["version"], FeedState.model_validate(row["state"])) for row in rows
        ]


def _state(run: Run) -> FeedState:
    counts = {name: run.counts.get(name, 0) for name in FeedCounts.model_fields if name != "received"}
    return FeedState(
        id=f"{run.source}:{run.resource}:{run.scope}",
        source=run.source,
        resource=run.resource,
        scope=run.scope,
        run_id=run.id,
        mode=run.mode.value,
        state=run.state.value,
        counts=FeedCounts(received=run.counts.get("lines", 0), **counts),
        data_as_of=run.data_as_of,
        finished_at=run.finished_at,
    )
