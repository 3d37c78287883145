"""The meeting of prices and products: whichever comes second finds the other."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text

from chassis.database import Transaction

# A price import that misses a product holds this shared until it commits, a product that is new here takes it
# alone: so either the import sees the product, or the product sees the price.
HOLD_ARRIVALS: Final = text("SELECT pg_advisory_xact_lock_shared(hashtext('pricing:product-arrivals'))")
_ARRIVE: Final = text("SELECT pg_advisory_xact_lock(hashtext('pricing:product-arrivals'))")

_RESOLVE: Final = text(
    """WITH waiting AS (
    SELECT r.id, p.id AS product_id FROM product p
    JOIN price r ON r.target_source = p.source AND r.target_external_id = p.external_id
    WHERE p.id = ANY(CAST(:ids AS text[])) AND r.target_type = 'product' AND r.target_id IS NULL
    ORDER BY r.id FOR NO KEY UPDATE OF r)
UPDATE price r SET target_id = w.product_id FROM waiting w WHERE r.id = w.id RETURNING r.id"""
)


async def arrive(tx: Transaction) -> None:
    """Call before storing products that are new here."""
    await tx.scalar(_ARRIVE)


async def resolve_waiting(tx: Transaction, product_ids: Sequence[str]) -> Sequence[str]:
    """Gives prices that waited for these products their target; returns the ids of those prices."""
    return [str(found) for found in await tx.scalars(_RESOLVE, {"ids": list(product_ids)})]
