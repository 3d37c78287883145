"""Reading the copies. They answer what may be a moment old; what must be true now is asked of its owner."""

from collections.abc import Sequence

from sqlalchemy import select

from chassis.database import Reader
from order_export.tables import account, product, user


class Projections:
    """The copies, read."""

    async def block_of(self, reader: Reader, account_id: str) -> str:
        """The block of an account as last heard; an account never heard of has none yet."""
        found = await reader.scalar(select(account.c.block).where(account.c.id == account_id))
        return str(found or "none")

    async def is_removed(self, reader: Reader, user_id: str) -> bool:
        """Whether the user is known to be no longer one; a token may outlive him by some minutes."""
        return bool(await reader.scalar(select(user.c.deleted).where(user.c.id == user_id)))

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
