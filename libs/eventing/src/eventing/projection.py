"""Writing projections by version: the newest state wins, in whatever order and however often it comes."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, TableValuedAlias, bindparam, column, delete, func, select, types
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert

from chassis.database import Transaction
from eventing.envelope import Arrived

CHUNK = 2_000


async def upsert(
    tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]], *, version: str = "version"
) -> None:
    """Inserts rows or replaces older ones, in chunks ordered by primary key.

    Every row has the same columns, the primary key and the version among them, and a key stands once.
    An equal version is written again: that repairs a copy and is otherwise harmless.
    """
    if not rows:
        return
    keys = [key.name for key in table.primary_key.columns]
    # Two merges that lock the same rows in opposite order deadlock.
    ordered = sorted(rows, key=lambda row: tuple(row[key] for key in keys))
    if any(isinstance(table.c[name].type, types.ARRAY) for name in ordered[0]):
        # unnest would flatten an array of arrays; a row at a time, pipelined, is the next best.
        await tx.execute(_newer_wins(insert(table), table, keys, list(ordered[0]), version), ordered)
        return
    for start in range(0, len(ordered), CHUNK):
        chunk = ordered[start : start + CHUNK]
        source = _rows(table, {name: [row[name] for row in chunk] for name in chunk[0]})
        names = list(chunk[0])
        statement = insert(table).from_select(names, select(*(source.c[name] for name in names)))
        await tx.execute(_newer_wins(statement, table, keys, names, version))


def _newer_wins(
    statement: Insert, table: Table, keys: Sequence[str], names: Sequence[str], version: str
) -> Insert:
    return statement.on_conflict_do_update(
        index_elements=list(keys),
        set_={name: statement.excluded[name] for name in names if name not in keys},
        where=statement.excluded[version] >= table.c[version],
    )


def _rows(table: Table, columns: Mapping[str, Sequence[Any]]) -> TableValuedAlias:
    """The columns as a row source: one array parameter each, however many rows there are."""
    arrays = [
        bindparam(f"{name}_values", list(values), type_=ARRAY(table.c[name].type))
        for name, values in columns.items()
    ]
    shape = [column(name, table.c[name].type) for name in columns]
    return func.unnest(*arrays).table_valued(*shape).render_derived(name="given")


async def remove(
    tx: Transaction, table: Table, gone: Sequence[Arrived[Any]], *, key: str = "id", version: str = "version"
) -> int:
    """Deletes the rows of deleted aggregates unless a newer state is there; returns how many went."""
    if not gone:
        return 0
    source = _rows(
        table, {key: [arrived.key for arrived in gone], version: [arrived.version for arrived in gone]}
    )
    # Locks are taken in key order, as upsert takes them.
    locked = (
        select(table.c[key])
        .join(source, table.c[key] == source.c[key])
        .where(table.c[version] <= source.c[version])
        .order_by(table.c[key])
        .with_for_update(of=table)
        .cte("locked")
    )
    return await tx.execute(delete(table).where(table.c[key].in_(select(locked.c[key]))))
