"""Brands and item groups ⇄ PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import RowMapping, Table, select, text, update

from catalog.tables import brand, item_group, product
from chassis.clock import Clock, milliseconds
from chassis.database import Reader, Transaction
from chassis.ids import new_id
from feeds.feed import Chunk

_UNKNOWN: Final = """SELECT DISTINCT c.{field} FROM {chunk} c WHERE c.{field} IS NOT NULL AND c.errors IS NULL
AND NOT EXISTS (SELECT 1 FROM {field} g WHERE g.source = :source AND g.external_id = c.{field}) ORDER BY 1"""

_ADD: Final = """INSERT INTO {field} (id, source, external_id, version)
SELECT id, :source, code, CAST(:now AS bigint)
FROM unnest(CAST(:ids AS text[]), CAST(:codes AS text[])) AS w (id, code)
ON CONFLICT (source, external_id) DO NOTHING"""

_RESOLVE: Final = "UPDATE {chunk} c SET {assignments} WHERE c.errors IS NULL"

_FOUND: Final = """{field}_id = (
    SELECT g.id FROM {field} g WHERE g.source = :source AND g.external_id = c.{field})"""


class GroupingRepository:
    """Finds brands and item groups, and makes those that products name for the first time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def resolve(self, tx: Transaction, chunk: Chunk) -> None:
        """Fills `brand_id` and `item_group_id` of a chunk from the codes in `brand` and `item_group`."""
        name, source = chunk.feed.chunk.name, {"source": chunk.source}
        fields = (brand.name, item_group.name)
        for field in fields:
            codes = await tx.scalars(text(_UNKNOWN.format(chunk=name, field=field)), source)
            if codes:
                params = {"ids": [new_id() for _ in codes], "codes": list(codes)}
                now = {"now": milliseconds(self._clock.now())}
                await tx.execute(text(_ADD.format(field=field)), source | params | now)
        assignments = ", ".join(_FOUND.format(field=field) for field in fields)
        await tx.execute(text(_RESOLVE.format(chunk=name, assignments=assignments)), source)

    async def find(
        self, reader: Reader, table: Table, grouping_id: str, *, lock: bool = False
    ) -> RowMapping | None:
        """One brand or item group."""
        statement = select(table).where(table.c.id == grouping_id)
        return await reader.first(statement.with_for_update() if lock else statement)

    async def page(
        self, reader: Reader, table: Table, external_id: str | None, after_id: str | None, limit: int
    ) -> Sequence[RowMapping]:
        """By id, one more than `limit`."""
        statement = select(table).order_by(table.c.id).limit(limit + 1)
        if external_id is not None:
            statement = statement.where(table.c.external_id == external_id)
        if after_id is not None:
            statement = statement.where(table.c.id > after_id)
        return await reader.all(statement)

    async def rename(
        self, tx: Transaction, table: Table, grouping_id: str, names: Mapping[str, str], version: int
    ) -> None:
        """Stores names by locale."""
        await tx.execute(
            update(table).where(table.c.id == grouping_id).values(names=dict(names), version=version)
        )

    async def products_of(self, reader: Reader, table: Table, grouping_id: str) -> Sequence[str]:
        """Ids of the products in it, in order."""
        column = product.c[f"{table.name}_id"]
        return await reader.scalars(select(product.c.id).where(column == grouping_id).order_by(product.c.id))
