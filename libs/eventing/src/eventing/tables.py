"""The tables every service keeps for its events, declared so that Alembic sees them."""

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

MOMENT = DateTime(timezone=True)


@dataclass(frozen=True)
class EventTables:
    """The tables made by `event_tables`."""

    outbox: Table
    inbox: Table
    parked: Table
    relay_state: Table
    consumer_state: Table


def event_tables(metadata: MetaData) -> EventTables:
    """Declares the event tables in a service's metadata; its first migration creates them."""
    return EventTables(
        outbox=_outbox(metadata),
        inbox=_inbox(metadata),
        parked=_parked(metadata),
        relay_state=_relay_state(metadata),
        consumer_state=_consumer_state(metadata),
    )


def _outbox(metadata: MetaData) -> Table:
    """What is to be published; unpublished rows are found by flag, never by a cursor over `id`."""
    table = Table(
        "outbox",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("topic", Text, nullable=False),
        Column("key", Text, nullable=False),
        Column("version", BigInteger),
        Column("urgent", Boolean, nullable=False),
        Column("payload", Text, nullable=False),
        Column("ce_id", Text, nullable=False),
        Column("ce_source", Text, nullable=False),
        Column("ce_time", MOMENT, nullable=False),
        Column("traceparent", Text),
        Column("published_at", MOMENT),
    )
    Index(
        "outbox_unpublished",
        table.c.urgent.desc(),
        table.c.id,
        postgresql_where=text("published_at IS NULL"),
    )
    return table


def _inbox(metadata: MetaData) -> Table:
    """Notices seen, so that none is applied twice; state needs no inbox, its version is one."""
    table = Table(
        "inbox",
        metadata,
        Column("ce_id", Text, primary_key=True),
        Column("received_at", MOMENT, nullable=False, server_default=func.now()),
    )
    Index("inbox_received_at", table.c.received_at)
    return table


def _parked(metadata: MetaData) -> Table:
    """Messages that could not be applied: one per key for state, one per `notice_id` for notices."""
    return Table(
        "parked",
        metadata,
        Column("topic", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("notice_id", Text, primary_key=True, server_default=""),
        Column("version", BigInteger),
        Column("payload", LargeBinary),
        Column("headers", JSONB, nullable=False),
        Column("reason", Text, nullable=False),
        Column("parked_at", MOMENT, nullable=False),
        Column("attempts", Integer, nullable=False, server_default="1"),
        Column("retry_at", MOMENT, nullable=False),
    )


def _relay_state(metadata: MetaData) -> Table:
    """One row: which Kafka the relay last wrote to, and whether the last relay let go in good order."""
    return Table(
        "relay_state",
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("cluster_id", Text),
        Column("released", Boolean, nullable=False),
        Column("changed_at", MOMENT, nullable=False, server_default=func.now()),
    )


def _consumer_state(metadata: MetaData) -> Table:
    """One row: how far this service's consumer group is behind, measured by its workers for everyone."""
    return Table(
        "consumer_state",
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("lag", BigInteger, nullable=False),
        Column("progress_at", MOMENT, nullable=False),
        Column("measured_at", MOMENT, nullable=False),
        Column("caught_up_at", MOMENT),
    )
