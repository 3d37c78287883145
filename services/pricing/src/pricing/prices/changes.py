"""Which prices changed, told to whoever keeps copies: `pricing.change-set`."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from chassis.database import Transaction
from eventing.outbox import Outbox, Outgoing
from pricing import events
from pricing.events import ChangeSet
from pricing.tables import price

MOST_PRODUCTS: Final = 1_000


class Changes:
    """Writes change-sets, in the transaction that changes the prices."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def announce(self, tx: Transaction, price_ids: Sequence[str]) -> None:
        """One notice about these price rows; nothing for rows of products nobody knows yet."""
        if not price_ids:
            return
        found = await tx.all(
            select(price.c.agreement_id, price.c.target_type, price.c.target_id).where(
                price.c.id.in_(price_ids), price.c.target_id.is_not(None)
            )
        )
        if not found:
            return
        products = sorted({row["target_id"] for row in found if row["target_type"] == "product"})
        everything = len(products) > MOST_PRODUCTS or any(row["target_type"] != "product" for row in found)
        agreements = sorted({row["agreement_id"] for row in found})
        await self._put(tx, agreements, [] if everything else products, everything=everything)

    async def announce_everything(self, tx: Transaction) -> None:
        """Any price may be another now."""
        await self._put(tx, None, [], everything=True)

    async def _put(
        self, tx: Transaction, agreements: list[str] | None, products: list[str], *, everything: bool
    ) -> None:
        notice = ChangeSet(agreements=agreements, product_ids=products, all=everything)
        key = agreements[0] if agreements else "all"
        await self._outbox.put(tx, [Outgoing(events.CHANGE_SET, key, None, notice)])
