"""Copies of the feeds of every service: when data last came, and how that went."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from analytics.projections.keeping import keep
from analytics.tables import feed
from chassis.database import Transaction
from eventing.consumer import AnySubscription, Arrived, Subscription
from eventing.topics import ConsumedModel, Kind


class Feed(ConsumedModel):
    """Of a feed: its last run."""

    source: str
    resource: str
    scope: str
    mode: str
    state: str
    counts: dict[str, int]
    data_as_of: datetime | None = None
    finished_at: datetime | None = None


def _of(service: str) -> Callable[[Transaction, Sequence[Arrived[Feed]]], Awaitable[None]]:
    async def apply(tx: Transaction, arrived: Sequence[Arrived[Feed]]) -> None:
        # Two services may feed a resource of one name: the service is part of the key.
        own = [replace(event, key=f"{service}:{event.key}") for event in arrived]
        await keep(tx, feed, Feed, own, service=service)

    return apply


SUBSCRIPTIONS: Final[tuple[AnySubscription, ...]] = tuple(
    Subscription(f"{service}.feed", Kind.STATE, Feed, _of(service))
    for service in ("accounts", "catalog", "pricing", "orders")
)
