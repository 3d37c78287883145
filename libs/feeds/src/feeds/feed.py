"""What a service declares to have a table fed: which field goes where, and what happens around the merge."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, MetaData, Numeric, Table, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from chassis.database import Transaction
from feeds.fields import Kind, RowSchema

Prepare = Callable[[Transaction, "Chunk"], Awaitable[None]]
Changed = Callable[[Transaction, Sequence[str]], Awaitable[None]]

RESERVED = frozenset(
    ("line_number", "key", "mask", "deleted", "superseded", "errors", "warnings", "unresolved", "changes",
     "outcome", "publish", "touch", "revived", "target_id")
)  # fmt: skip

TYPES: Mapping[str, TypeEngine[Any]] = {
    "text": Text(),
    "numeric": Numeric(),
    "bigint": BigInteger(),
    "boolean": Boolean(),
    "date": Date(),
    "timestamptz": DateTime(timezone=True),
    "jsonb": JSONB(none_as_null=True),
}


@dataclass(frozen=True, kw_only=True)
class FeedColumn:
    """A column of the target that the feed writes.

    `field` is the schema's field whose presence decides (default: the column's own name; None: written
    always). `value` is SQL over the chunk row `c` (default `c.<field>`), `default` the SQL literal for a
    cleared field and for an absent one on creation. `published`: a change of it makes `changed` hear of the
    row. `repriced`: a change of it counts for the reprice threshold.
    """

    column: str
    field: str | None = ""
    value: str = ""
    default: str = "NULL"
    published: bool = True
    repriced: bool = False

    @property
    def presence(self) -> str | None:
        """The field that must be present for the column to be written; None for always."""
        return self.column if self.field == "" else self.field

    @property
    def expression(self) -> str:
        """The new value as SQL over `c`, cleared values already defaulted."""
        plain = self.value or f'c."{self.presence}"'
        return plain if self.default == "NULL" else f"COALESCE({plain}, {self.default})"


@dataclass(frozen=True, kw_only=True)
class Discontinue:
    """How a row is marked that is `deleted: true` or missing from a full feed; values are SQL literals.

    `revive_in_delta`: a row that arrives in a delta without `deleted` is live again. Turn it off where the
    column is also an ordinary field, so that an absent field leaves it. A full feed always revives.
    """

    column: str
    gone: str = "true"
    live: str = "false"
    revive_in_delta: bool = True


@dataclass(frozen=True)
class Chunk:
    """Up to 2,000 rows being merged, in the temporary table `feed.chunk`, and whose they are."""

    feed: "TableFeed"
    source: str
    scope: str
    received: int
    preview: bool


@dataclass(frozen=True, kw_only=True)
class TableFeed:
    """A resource that is one table.

    The target has the columns id, source, `key_column` (unique together with source), scope (text),
    received, version (bigint), run_id (text, null for batches), line_number (bigint, null for batches),
    and those declared. For a key of one text field `key_column` is that field's column; a key of several
    fields is stored as one canonical text in a column of its own, here `row_key`.

    `prepared` names extra columns of the chunk (name → text | numeric | bigint | boolean | date |
    timestamptz | jsonb) for `prepare` to fill. A `prepare` hook (see `placeholders.resolve`) may also set
    `errors` and `unresolved`
    (JSON lists) of chunk rows; a row with errors is rejected. It runs in previews too, and is undone there.
    `changed` is called in the same transaction with the ids whose published columns changed.
    `placeholder` names a boolean column of rows that only stand for something not yet received: the feed
    turns it off and reports `created`. `written` are further columns set on every write, as SQL. `derived`
    names tables that `changed` writes as many rows of: they are analysed with the target.
    """

    resource: str
    schema: RowSchema
    table: Table
    columns: tuple[FeedColumn, ...]
    key_column: str = "external_id"
    discontinue: Discontinue | None = None
    prepared: Mapping[str, str] = field(default_factory=dict)
    prepare: Prepare | None = None
    changed: Changed | None = None
    placeholder: str | None = None
    written: Mapping[str, str] = field(default_factory=dict)
    derived: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        assert self.discontinue is not None or not self.schema.deletable, (
            "deletable rows need a discontinue mark"
        )
        taken = RESERVED & (self.schema.by_name.keys() | self.prepared.keys())
        assert not taken, "a field or prepared column takes the name of a column every chunk has"
        for column in self.columns:
            assert column.presence is None or column.presence in self.schema.by_name, column.column

    @cached_property
    def chunk(self) -> Table:
        """The temporary table of a chunk, to write `prepare` hooks with.

        Its columns: line_number, key, one per schema field (a reference also has `<field>_source`), the
        prepared ones, errors, unresolved.
        """
        columns: list[Column[Any]] = []
        for declared in self.schema.fields:
            columns.append(Column(declared.name, TYPES[declared.sql_type]))
            if declared.kind is Kind.REFERENCE:
                columns.append(Column(f"{declared.name}_source", Text()))
        return Table(
            f"chunk_{self.resource.replace('-', '_')}",
            MetaData(),
            Column("line_number", BigInteger),
            Column("key", Text(collation=self.key_collation)),
            Column("mask", BigInteger),
            Column("deleted", Boolean),
            Column("superseded", Boolean),
            *columns,
            *(Column(name, TYPES[kind]) for name, kind in self.prepared.items()),
            Column("errors", JSONB(none_as_null=True)),
            Column("warnings", JSONB(none_as_null=True)),
            Column("unresolved", JSONB(none_as_null=True)),
            prefixes=["TEMPORARY"],
            postgresql_on_commit="DELETE ROWS",
        )

    @cached_property
    def key_collation(self) -> str | None:
        """The collation of the target's key column, None for the database's own."""
        return getattr(self.table.c[self.key_column].type, "collation", None)
