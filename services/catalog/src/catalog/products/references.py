"""References of a feed to products: resolved by sets, a placeholder made for what is not yet known."""

from typing import Final

from sqlalchemy import text

from catalog.products.publishing import ProductPublisher
from catalog.products.repository import ProductRepository
from chassis.clock import Clock, milliseconds
from chassis.database import Transaction
from chassis.ids import new_id
from feeds.feed import Chunk

_MISSING: Final = """SELECT DISTINCT c.{field}_source AS source, c.{field} AS external_id FROM {chunk} c
WHERE c.{field} IS NOT NULL AND c.errors IS NULL AND NOT EXISTS (
    SELECT 1 FROM product p WHERE p.source = c.{field}_source AND p.external_id = c.{field})
ORDER BY 1, 2"""

_RESOLVE: Final = """UPDATE {chunk} c SET {field}_id = p.id, unresolved = CASE WHEN p.placeholder THEN
    coalesce(c.unresolved, '[]'::jsonb) || jsonb_build_array(jsonb_build_object(
        'pointer', '/{field}', 'source', p.source, 'external_id', p.external_id)) ELSE c.unresolved END
FROM product p WHERE p.source = c.{field}_source AND p.external_id = c.{field} AND c.errors IS NULL"""


class ProductReferences:
    """Fills `<field>_id` of a chunk from the reference `<field>`."""

    def __init__(self, products: ProductRepository, publisher: ProductPublisher, clock: Clock) -> None:
        self._products = products
        self._publisher = publisher
        self._clock = clock

    async def resolve(self, tx: Transaction, chunk: Chunk, field: str) -> None:
        """Every reference gets an id; those to something not yet sent are listed as unresolved."""
        names = {"chunk": chunk.feed.chunk.name, "field": field}
        missing = await tx.all(text(_MISSING.format(**names)))
        if missing:
            keys = [(row["source"], row["external_id"]) for row in missing]
            ids = [new_id() for _ in keys]
            made = await self._products.add_placeholders(tx, ids, keys, milliseconds(self._clock.now()))
            await self._publisher.fed(tx, made)
        await tx.execute(text(_RESOLVE.format(**names)))
