"""Price rows and the keys that lead to them ⇄ PostgreSQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from chassis.database import Reader
from pricing.prices.models import PriceFilter
from pricing.tables import account, agreement, price, product


class PriceRepository:
    """Reads price rows for people, and ids by key."""

    async def page(
        self, reader: Reader, wanted: PriceFilter, after_id: str | None, limit: int
    ) -> list[dict[str, Any]]:
        """Rows by id with their agreement, those behind `after_id`, one more than `limit`."""
        statement = (
            select(
                price, agreement.c.type.label("applies_to_type"), agreement.c.external_id.label("applies_to")
            )
            .join(agreement, agreement.c.id == price.c.agreement_id)
            .where(~price.c.deleted)
            .order_by(price.c.id)
            .limit(limit + 1)
        )
        if wanted.applies_to_type is not None:
            statement = statement.where(agreement.c.type == wanted.applies_to_type)
        if wanted.applies_to is not None:
            statement = statement.where(agreement.c.external_id == wanted.applies_to)
        if wanted.target is not None:
            statement = statement.where(price.c.target_external_id == wanted.target)
        if wanted.unresolved is not None:
            waiting = price.c.target_id.is_(None)
            statement = statement.where(waiting if wanted.unresolved else ~waiting)
        if after_id is not None:
            statement = statement.where(price.c.id > after_id)
        return [dict(row) for row in await reader.all(statement)]

    async def account_by_key(self, reader: Reader, source: str, external_id: str) -> str | None:
        """The account with an ERP's key."""
        found: str | None = await reader.scalar(
            select(account.c.id).where(
                account.c.source == source, account.c.external_id == external_id, ~account.c.deleted
            )
        )
        return found

    async def products_by_key(self, reader: Reader, source: str, keys: Sequence[str]) -> dict[str, str]:
        """The products with an ERP's keys, by key."""
        rows = await reader.all(
            select(product.c.external_id, product.c.id).where(
                product.c.source == source, product.c.external_id.in_(keys), ~product.c.deleted
            )
        )
        return {row["external_id"]: row["id"] for row in rows}
