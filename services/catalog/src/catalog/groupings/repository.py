"""Brands and item groups ⇄ PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import RowMapping, Table, select, text, update

from catalog.tables import product
from chassis.clock import Clock, milliseconds
from chassis.database import Reader, Transaction
from chassis.ids import new_id
from feeds.feed import Chunk

# What an index finds in one step needs no join.
_RESOLVE: Final = """WITH resolved AS (
    UPDATE {chunk} c SET brand_id = (
            SELECT g.id FROM brand g WHERE g.source = :source AND g.external_id = c.brand),
        item_group_id = (
            SELECT g.id FROM item_group g WHERE g.source = :source AND g.external_id = c.item_group)
    WHERE c.errors IS NULL
    RETURNING CASE WHEN brand_id IS NULL THEN brand END AS brand,
        CASE WHEN item_group_id IS NULL THEN item_group END AS item_group)
SELECT array_agg(DISTINCT brand ORDER BY brand) FILTER (WHERE brand IS NOT NULL) AS brand,
    array_agg(DISTINCT item_group ORDER BY item_group) FILTER (WHERE item_group IS NOT NULL) AS item_group
FROM resolved"""

_ADD: Final = """INSERT INTO {field} (id, source, external_id, version)
SELECT id, :source, code, CAST(:now AS bigint)
FROM unnest(CAST(:ids AS text[]), CAST(:codes AS text[])) AS w (id, code)
ON CONFLICT (source, external_id) DO NOTHING"""


class GroupingRepository:
    """Finds brands and item groups, and makes those that products name for the first time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def resolve(self, tx: Transaction, chunk: Chunk) -> None:
        """Fills `brand_id` and `item_group_id` of a chunk from the codes in `brand` and `item_group`."""
        resolve, source = text(_RESOLVE.format(chunk=chunk.feed.chunk.name)), {"source": chunk.source}
        unknown = await tx.first(resolve, source)
        assert unknown is not None, "an aggregate has one row"
        for field, codes in unknown.items():
            if codes:
                params = {"ids": [new_id() for _ in codes], "codes": codes}
                now = {"now": milliseconds(self._clock.now())}
                await tx.execute(text(_ADD.format(field=field)), source | params | now)
        if any(unknown.values()):
            await tx.first(resolve, source)

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
