"""Parking: messages that could not be applied wait here, so that all others flow on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from chassis.database import Transaction
from eventing.envelope import Record
from eventing.tables import EventTables

RETRY_FIRST = timedelta(seconds=30)
RETRY_LAST = timedelta(hours=1)
REASON_LENGTH = 2_000

Key = tuple[str, str]
"""Topic and key."""


@dataclass(frozen=True)
class Parked:
    """A parked message whose next attempt is due."""

    record: Record
    notice_id: str
    attempts: int


class ParkingLot:
    """The parked messages of one service."""

    def __init__(self, tables: EventTables) -> None:
        self._table = tables.parked

    async def versions(self, tx: Transaction, keys: Iterable[Key]) -> Mapping[Key, int]:
        """Of these keys the parked ones with the version that is parked; -1 where it has none."""
        table = self._table
        wanted = sorted(set(keys))
        # Nearly always nothing is parked: one cheap look instead of a large comparison.
        if not wanted or not await tx.scalar(select(select(table.c.topic).exists())):
            return {}
        rows = await tx.all(
            select(table.c.topic, table.c.key, func.coalesce(table.c.version, -1).label("version")).where(
                tuple_(table.c.topic, table.c.key).in_(wanted), table.c.notice_id == ""
            )
        )
        return {(row["topic"], row["key"]): row["version"] for row in rows}

    async def park(
        self,
        tx: Transaction,
        record: Record,
        reason: str,
        now: datetime,
        *,
        version: int | None,
        notice_id: str,
    ) -> None:
        """Parks a message; a newer one takes the place of an older one of its key."""
        table = self._table
        statement = insert(table).values(
            topic=record.topic,
            key=record.key.replace("\x00", "\\0"),
            notice_id=notice_id,
            version=version,
            payload=record.value,
            headers=dict(record.headers),
            reason=_text(reason),
            parked_at=now,
            retry_at=now + RETRY_FIRST,
        )
        names = ["version", "payload", "headers", "reason", "parked_at", "retry_at"]
        await tx.execute(
            statement.on_conflict_do_update(
                index_elements=["topic", "key", "notice_id"],
                set_={**{name: statement.excluded[name] for name in names}, "attempts": table.c.attempts + 1},
                where=func.coalesce(statement.excluded.version, 0) >= func.coalesce(table.c.version, 0),
            )
        )

    async def free(self, tx: Transaction, keys: Iterable[Key]) -> None:
        """The keys of states that were applied."""
        wanted = sorted(set(keys))
        if wanted:
            await tx.execute(
                delete(self._table).where(tuple_(self._table.c.topic, self._table.c.key).in_(wanted))
            )

    async def due(self, tx: Transaction, now: datetime, limit: int = 50) -> Sequence[Parked]:
        """Messages to try again, locked; those another worker is trying are left out."""
        rows = await tx.all(
            select(self._table)
            .where(self._table.c.retry_at <= now)
            .order_by(self._table.c.retry_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [
            Parked(
                Record(row["topic"], -1, -1, row["key"], row["payload"], row["headers"]),
                row["notice_id"],
                row["attempts"],
            )
            for row in rows
        ]

    async def again_later(self, tx: Transaction, parked: Parked, reason: str, now: datetime) -> None:
        """An attempt failed: the next one comes after twice the time, at most after an hour."""
        wait = min(RETRY_FIRST * 2 ** min(parked.attempts, 10), RETRY_LAST)
        await tx.execute(
            update(self._table)
            .where(*self._is(parked))
            .values(attempts=parked.attempts + 1, reason=_text(reason), retry_at=now + wait)
        )

    async def done(self, tx: Transaction, parked: Parked) -> None:
        """An attempt succeeded."""
        await tx.execute(delete(self._table).where(*self._is(parked)))

    def _is(self, parked: Parked) -> Sequence[ColumnElement[bool]]:
        table, record = self._table, parked.record
        return (
            table.c.topic == record.topic,
            table.c.key == record.key,
            table.c.notice_id == parked.notice_id,
        )


def _text(reason: str) -> str:
    return reason.replace("\x00", "\\0")[:REASON_LENGTH]
