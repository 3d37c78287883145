"""The tables bulk input lives in; every service puts them into its own metadata and migration."""

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    Sequence,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB


@dataclass(frozen=True)
class FeedTables:
    """One service's feed tables.

    `received` is a run's receive sequence and, inside the database, its key: staged rows and results carry
    it instead of the longer public id.
    """

    profile: Table
    run: Table
    staging: Table
    result: Table
    sequence: Sequence


def feed_tables(metadata: MetaData) -> FeedTables:
    """Adds import_profile, import_run, import_staging, import_result and receive_sequence to the metadata."""
    return FeedTables(
        profile=_profile(metadata),
        run=_run(metadata),
        staging=_staging(metadata),
        result=_result(metadata),
        sequence=Sequence("receive_sequence", metadata=metadata, data_type=BigInteger),
    )


def _profile(metadata: MetaData) -> Table:
    return Table(
        "import_profile",
        metadata,
        Column("id", Text, primary_key=True),
        Column("resource", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("settings", JSONB, nullable=False),
        Column("version", BigInteger, nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False),
        Column("updated_by", Text, nullable=False),
        Index("import_profile_name", "resource", "name", unique=True),
    )


def _run(metadata: MetaData) -> Table:
    """`progress` says how far the chunks came; it is committed with each chunk."""
    counts = (
        "lines", "staged", "created", "updated", "unchanged", "discontinued", "skipped_newer", "rejected",
        "warnings", "unresolved",
    )  # fmt: skip
    return Table(
        "import_run",
        metadata,
        Column("id", Text, primary_key=True),
        Column("received", BigInteger, nullable=False, unique=True),
        Column("resource", Text, nullable=False),
        Column("client", Text, nullable=False),
        Column("source", Text, nullable=False),
        Column("scope", Text, nullable=False, server_default=""),
        Column("mode", Text, nullable=False),
        Column("full", Boolean, nullable=False),
        Column("state", Text, nullable=False),
        Column("reason", JSONB(none_as_null=True)),
        Column("profile", JSONB(none_as_null=True)),
        Column("released_by", Text),
        Column("keys_unreadable", BigInteger, nullable=False, server_default="0"),
        *(Column(f"{name}_count", BigInteger, nullable=False, server_default="0") for name in counts),
        Column("notes", JSONB(none_as_null=True)),
        Column("progress", JSONB, nullable=False, server_default=text("'{}'")),
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("received_at", DateTime(timezone=True)),
        Column("finished_at", DateTime(timezone=True)),
        Column("data_as_of", DateTime(timezone=True)),
        Column("lease_owner", Text),
        Column("lease_until", DateTime(timezone=True)),
        Column("attempts", Integer, nullable=False, server_default="0"),
        Column("cleaned", Boolean, nullable=False, server_default=text("false")),
        Index(
            "import_run_open",
            "resource",
            "received",
            postgresql_where=text("state IN ('receiving', 'staged', 'validating', 'applying', 'held')"),
        ),
        Index("import_run_history", "resource", "source", "scope", "received"),
        Index("import_run_uncleaned", "received", postgresql_where=text("NOT cleaned")),
    )


def _staging(metadata: MetaData) -> Table:
    """`cells` are a row's values in the order of its schema, `mask` says which of its fields were there.

    They are null for a refused row whose key could be read: a full feed must not discontinue it.
    """
    return Table(
        "import_staging",
        metadata,
        Column("received", BigInteger, primary_key=True, autoincrement=False),
        Column("key", Text(collation="C"), primary_key=True),
        Column("line_number", BigInteger, primary_key=True, autoincrement=False),
        Column("mask", BigInteger, nullable=False),
        Column("deleted", Boolean, nullable=False),
        Column("cells", JSONB(none_as_null=True)),
        Column("warnings", JSONB(none_as_null=True)),
    )


def _result(metadata: MetaData) -> Table:
    """A row that a full feed discontinued because it was missing has no line; its number here is negative."""
    return Table(
        "import_result",
        metadata,
        Column("received", BigInteger, primary_key=True, autoincrement=False),
        Column("line_number", BigInteger, primary_key=True, autoincrement=False),
        Column("key", Text),
        Column("status", Text, nullable=False),
        Column("details", JSONB(none_as_null=True)),
        Index(
            "import_result_notable",
            "received",
            "status",
            "line_number",
            postgresql_where=text("status IN ('rejected', 'discontinued', 'skipped_newer')"),
        ),
    )
