"""Which prices changed, told to whoever keeps copies: `pricing.change-set`."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text

from chassis.database import Transaction
from eventing.outbox import Outbox, Outgoing
from pricing import events
from pricing.events import ChangeSet

MOST_PRODUCTS: Final = 1_000

_CONCERNED: Final = text(
    """SELECT array_agg(DISTINCT agreement_id ORDER BY agreement_id) AS agreements,
    array_agg(DISTINCT target_id ORDER BY target_id) FILTER (WHERE target_type = 'product') AS products,
    bool_or(target_type <> 'product') AS others
FROM price WHERE id = ANY(CAST(:ids AS text[])) AND target_id IS NOT NULL"""
)


class Changes:
    """Writes change-sets, in the transaction that changes the prices."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def announce(self, tx: Transaction, price_ids: Sequence[str]) -> None:
        """One notice about these price rows; nothing for rows of products nobody knows yet."""
        if not price_ids:
            return
        found = await tx.first(_CONCERNED, {"ids": list(price_ids)})
        assert found is not None, "an aggregate has one row"
        if not found["agreements"]:
            return
        products = found["products"] or []
        everything = len(products) > MOST_PRODUCTS or found["others"]
        await self._put(tx, found["agreements"], [] if everything else products, everything=everything)

    async def announce_everything(self, tx: Transaction) -> None:
        """Any price may be another now."""
        await self._put(tx, None, [], everything=True)

    async def _put(
        self, tx: Transaction, agreements: list[str] | None, products: list[str], *, everything: bool
    ) -> None:
        notice = ChangeSet(agreements=agreements, product_ids=products, all=everything)
        key = agreements[0] if agreements else "all"
        await self._outbox.put(tx, [Outgoing(events.CHANGE_SET, key, None, notice)])
