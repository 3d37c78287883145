"""How far behind things are: the outbox at the producer, lag and parked keys at the consumer."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from chassis.database import Reader
from eventing.tables import EventTables


@dataclass(frozen=True)
class OutboxFigures:
    """Unpublished rows and the age of the oldest, in seconds (0 when there is none)."""

    oldest_unpublished_seconds: float
    unpublished: int


@dataclass(frozen=True)
class ConsumerFigures:
    """How far a service's consumer group is behind, as its workers last measured.

    `lag` in messages; `parked` in messages; `caught_up`: every subscription was once read to its end.
    """

    lag: int
    parked: int
    last_progress_seconds: float
    caught_up: bool


@dataclass(frozen=True)
class ParkedMessage:
    """A parked message for people: which, since when, why."""

    topic: str
    key: str
    version: int | None
    reason: str
    attempts: int
    parked_at: datetime
    retry_at: datetime


async def outbox_figures(reader: Reader, tables: EventTables) -> OutboxFigures:
    """Reads the outbox."""
    table = tables.outbox
    row = await reader.first(
        select(
            func.count().label("unpublished"),
            func.extract("epoch", func.now() - func.min(table.c.ce_time)).label("oldest"),
        ).where(table.c.published_at.is_(None))
    )
    assert row is not None
    return OutboxFigures(max(float(row["oldest"] or 0.0), 0.0), row["unpublished"])


async def consumer_figures(reader: Reader, tables: EventTables) -> ConsumerFigures:
    """Reads what the workers measured; before their first measurement nothing is caught up."""
    table = tables.consumer_state
    parked = await reader.scalar(select(func.count()).select_from(tables.parked))
    row = await reader.first(
        select(
            table.c.lag,
            func.extract("epoch", func.now() - table.c.progress_at).label("idle"),
            table.c.caught_up_at.is_not(None).label("caught_up"),
        )
    )
    if row is None:
        return ConsumerFigures(lag=0, parked=parked, last_progress_seconds=0.0, caught_up=False)
    return ConsumerFigures(row["lag"], parked, max(float(row["idle"]), 0.0), row["caught_up"])


async def parked_messages(reader: Reader, tables: EventTables, limit: int = 200) -> list[ParkedMessage]:
    """The oldest parked messages."""
    table = tables.parked
    names = ("topic", "key", "version", "reason", "attempts", "parked_at", "retry_at")
    rows = await reader.all(
        select(*(table.c[name] for name in names)).order_by(table.c.parked_at).limit(limit)
    )
    return [ParkedMessage(**row) for row in rows]
