"""The unpublished rows of an outbox: the next ones in order, and which keys are held back for now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, and_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.database import Database, Reader
from eventing.envelope import Attributes, headers
from eventing.kafka import Message
from eventing.tables import EventTables

ROUND = 500
HOLD_SECONDS = 1.0
HOLD_SECONDS_MOST = 60.0
HOLD_SECONDS_MOST_TOPIC = 4.0
SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Row:
    """An unpublished row and the message it becomes."""

    id: int
    urgent: bool
    message: Message

    @property
    def key(self) -> tuple[str, str]:
        """What order is kept for."""
        return self.message.topic, self.message.key


@dataclass(frozen=True)
class _Hold:
    until: float
    seconds: float
    urgent: bool


class Lane:
    """Reads the outbox by flag, urgent rows first, leaving out what is held back."""

    def __init__(self, tables: EventTables) -> None:
        table = tables.outbox
        self._holds: dict[tuple[str, str | None], _Hold] = {}
        self._next = (
            select(table)
            .where(
                and_(
                    table.c.published_at.is_(None),
                    table.c.topic != func.all(bindparam("topics", type_=ARRAY(Text))),
                    (table.c.topic + SEPARATOR + table.c.key)
                    != func.all(bindparam("keys", type_=ARRAY(Text))),
                )
            )
            .order_by(table.c.urgent.desc(), table.c.id)
            .limit(ROUND)
        )
        self._mark = (
            update(table)
            .where(table.c.id == func.any(bindparam("ids", type_=ARRAY(table.c.id.type))))
            .values(published_at=func.now())
        )

    async def next(self, session: Reader, now: float) -> Sequence[Row]:
        """Up to 500 rows, urgent ones first, then by id. `now` is monotonic seconds."""
        held = [subject for subject, hold in self._holds.items() if hold.until > now]
        found = await session.all(
            self._next,
            {
                "topics": [topic for topic, key in held if key is None],
                "keys": [f"{topic}{SEPARATOR}{key}" for topic, key in held if key is not None],
            },
        )
        return [_row(row) for row in found]

    async def mark(self, database: Database, rows: Sequence[Row]) -> None:
        """Rows are published, and their keys no longer held."""
        if not rows:
            return
        async with database.transaction() as tx:
            await tx.execute(self._mark, {"ids": [row.id for row in rows]})
        if self._holds:
            for row in rows:
                self._holds.pop(row.key, None)
                self._holds.pop((row.message.topic, None), None)

    def hold(self, row: Row, now: float, *, whole_topic: bool = False) -> None:
        """Leaves a key (or its whole topic) out for a while, longer each time."""
        subject = (row.message.topic, None if whole_topic else row.message.key)
        before = self._holds.get(subject)
        if before is not None and before.until > now:
            return
        # A topic that is missing because Kafka has just started is there in a moment.
        most = HOLD_SECONDS_MOST_TOPIC if whole_topic else HOLD_SECONDS_MOST
        seconds = HOLD_SECONDS if before is None else min(before.seconds * 2, most)
        self._holds[subject] = _Hold(now + seconds, seconds, row.urgent)

    @property
    def urgent_held(self) -> bool:
        """True while something urgent could not be sent."""
        return any(hold.urgent for hold in self._holds.values())


def _row(found: Any) -> Row:
    attributes = Attributes(
        topic=found["topic"],
        id=found["ce_id"],
        source=found["ce_source"],
        subject=found["key"],
        time=found["ce_time"],
        version=found["version"],
        traceparent=found["traceparent"],
    )
    message = Message(found["topic"], found["key"], found["payload"].encode(), headers(attributes))
    return Row(found["id"], found["urgent"], message)
