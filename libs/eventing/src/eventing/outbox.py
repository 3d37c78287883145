"""Writing events: rows in the use case's own transaction, published later by the relay."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from pydantic import BaseModel
from sqlalchemy import BigInteger, Boolean, Text, bindparam, column, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.clock import Clock
from chassis.database import Transaction
from chassis.ids import new_id
from eventing.envelope import deletion
from eventing.tables import MOMENT, EventTables
from eventing.topics import Kind, Topic


@dataclass(frozen=True)
class Outgoing:
    """One message to publish: the state of an aggregate (`value=None`: it is deleted), or a notice.

    `payload` is its JSON text.
    """

    topic: Topic[Any]
    key: str
    version: int | None
    value: BaseModel | None
    payload: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if (self.version is None) == (self.topic.kind is Kind.STATE):
            raise ValueError(f"{self.topic.name}: a version belongs to state, and only to state")
        if self.value is None and self.topic.kind is Kind.NOTICE:
            raise ValueError(f"{self.topic.name}: a notice has a value")
        if self.value is not None and not isinstance(self.value, self.topic.model):
            raise TypeError(f"{self.topic.name} carries {self.topic.model.__name__}")
        text = deletion(self.key).decode() if self.value is None else self.value.model_dump_json()
        object.__setattr__(self, "payload", text)


class Outbox:
    """The outbox of one service.

    Lock the aggregate's row before `put`: rows of one key are then numbered in the order they commit.
    `source` is the CloudEvents source, `/kontor/<service>`.
    """

    def __init__(self, tables: EventTables, source: str, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._statement = _statement(tables)

    async def put(self, tx: Transaction, events: Sequence[Outgoing]) -> None:
        """Records events, in their order, in one statement; they leave when `tx` commits."""
        if not events:
            return
        carrier: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(carrier)
        await tx.execute(
            self._statement,
            {
                "topics": [event.topic.name for event in events],
                "keys": [event.key for event in events],
                "versions": [event.version for event in events],
                "urgents": [event.topic.urgent for event in events],
                "payloads": [event.payload for event in events],
                "ce_ids": [new_id() for _ in events],
                "source": self._source,
                "time": self._clock.now(),
                "traceparent": carrier.get("traceparent"),
            },
        )


def _statement(tables: EventTables) -> Any:
    """One insert for any number of rows; ordered, so that ids follow the order of the events."""
    rows = (
        func.unnest(
            bindparam("topics", type_=ARRAY(Text)),
            bindparam("keys", type_=ARRAY(Text)),
            bindparam("versions", type_=ARRAY(BigInteger)),
            bindparam("urgents", type_=ARRAY(Boolean)),
            bindparam("payloads", type_=ARRAY(Text)),
            bindparam("ce_ids", type_=ARRAY(Text)),
        )
        .table_valued(
            column("topic", Text),
            column("key", Text),
            column("version", BigInteger),
            column("urgent", Boolean),
            column("payload", Text),
            column("ce_id", Text),
            with_ordinality="position",
        )
        .render_derived()
    )
    content = select(
        rows.c.topic,
        rows.c.key,
        rows.c.version,
        rows.c.urgent,
        rows.c.payload,
        rows.c.ce_id,
        bindparam("source", type_=Text),
        bindparam("time", type_=MOMENT),
        bindparam("traceparent", type_=Text),
    ).order_by(rows.c.position)
    names = ["topic", "key", "version", "urgent", "payload", "ce_id", "ce_source", "ce_time", "traceparent"]
    return insert(tables.outbox).from_select(names, content)
