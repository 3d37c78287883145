"""Reading the copies. They answer what may be a moment old; what must be true now is asked of its owner."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select

from chassis.database import Reader
from order_export.tables import account, product, user


class Standing(NamedTuple):
    """Whether somebody may order: one never heard of is neither blocked nor removed.

    A token may outlive its user by some minutes.
    """

    block: str
    removed: bool


class Projections:
    """The copies, read."""

    async def standing(self, reader: Reader, account_id: str, user_id: str) -> Standing:
        """The account's block and whether the user was removed, as last heard."""
        block = select(account.c.block).where(account.c.id == account_id)
        removed = select(user.c.deleted).where(user.c.id == user_id)
        row = await reader.first(
            select(block.scalar_subquery().label("block"), removed.scalar_subquery().label("removed"))
        )
        assert row is not None, "a select without a table has one row"
        return Standing(row["block"] or "none", bool(row["removed"]))

    async def successors(self, reader: Reader, product_ids: Sequence[str]) -> dict[str, str]:
        """What replaces discontinued products, where a successor is named."""
        rows = await reader.all(
            select(product.c.id, product.c.superseded_by_id).where(
                product.c.id.in_(product_ids),
                product.c.lifecycle == "discontinued",
                product.c.superseded_by_id.is_not(None),
            )
        )
        return {row["id"]: row["superseded_by_id"] for row in rows}
