"""The event that says how fresh a feed is, written when one of its runs changes state."""

import uuid
from typing import Final

from chassis.clock import Clock, milliseconds
from chassis.database import Transaction
from chassis.ids import derived_id
from eventing.outbox import Outbox, Outgoing
from feeds.runs import OnRunChanged, Run
from order_export import events
from order_export.events import FeedState

_NAMESPACE: Final = uuid.UUID("5f0d2a54-7c9e-5b1f-9f5a-3f6f0a6f2b11")


def run_changed(outbox: Outbox, clock: Clock) -> OnRunChanged:
    """The hook of libs/feeds that publishes `orders.feed`."""

    async def tell(tx: Transaction, run: Run) -> None:
        await outbox.put(tx, [outgoing(run, milliseconds(clock.now()))])

    return tell


def outgoing(run: Run, version: int) -> Outgoing:
    """The state of the feed a run belongs to, one per source, resource and scope."""
    feed_id = derived_id(_NAMESPACE, run.source, run.resource, run.scope)
    state = FeedState(
        id=feed_id,
        source=run.source,
        resource=run.resource,
        scope=run.scope,
        run_id=run.id,
        mode=run.mode.value,
        state=run.state.value,
        counts=dict(run.counts),
        data_as_of=run.data_as_of,
        finished_at=run.finished_at,
    )
    return Outgoing(events.FEED, feed_id, version, state)
