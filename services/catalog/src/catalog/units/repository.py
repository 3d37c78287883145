"""Units ⇄ PostgreSQL."""

from typing import Final

from sqlalchemy import text

from chassis.clock import Clock, milliseconds
from chassis.database import Transaction
from chassis.ids import new_id
from feeds.feed import Chunk

# Thousands of rows name few units: these are told apart before they are looked for.
_UNKNOWN: Final = """SELECT code FROM (SELECT DISTINCT code FROM {chunk} c, LATERAL (
        SELECT c.base_unit UNION ALL SELECT c.sales_unit
        UNION ALL SELECT e->>'unit' FROM jsonb_array_elements(c.packagings) AS e) named (code)
    WHERE code IS NOT NULL AND c.errors IS NULL OFFSET 0) named
WHERE NOT EXISTS (SELECT 1 FROM unit u WHERE u.source = :source AND u.external_id = code) ORDER BY 1"""

_ADD: Final = text(
    """INSERT INTO unit (id, source, external_id, version, placeholder)
SELECT id, :source, code, CAST(:now AS bigint), true FROM unnest(CAST(:ids AS text[]), CAST(:codes AS text[]))
    AS w (id, code) ON CONFLICT (source, external_id) DO NOTHING"""
)

_UNRESOLVED: Final = """UPDATE {chunk} c SET unresolved = coalesce(c.unresolved, '[]'::jsonb)
    || jsonb_build_array(jsonb_build_object(
        'pointer', '/base_unit', 'source', u.source, 'external_id', u.external_id))
FROM unit u WHERE u.source = :source AND u.external_id = c.base_unit AND u.placeholder AND c.errors IS NULL"""


class UnitRepository:
    """Units that products name before the ERP sends them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def add_unknown(self, tx: Transaction, chunk: Chunk) -> None:
        """Placeholders for units the chunk's products name; products in one are listed as unresolved."""
        name = chunk.feed.chunk.name
        source = {"source": chunk.source}
        codes = await tx.scalars(text(_UNKNOWN.format(chunk=name)), source)
        if codes:
            params = {"ids": [new_id() for _ in codes], "codes": list(codes)}
            await tx.execute(_ADD, source | params | {"now": milliseconds(self._clock.now())})
        await tx.execute(text(_UNRESOLVED.format(chunk=name)), source)
