"""Catalogues, what is listed in them by hand, and their members ⇄ PostgreSQL."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from catalog.catalogues.models import Catalogue, MemberRule
from catalog.tables import brand, catalogue, catalogue_listed, catalogue_member, category, item_group, listing
from chassis.database import Reader, Transaction


def _read(row: RowMapping) -> Catalogue:
    rules = {name: tuple(MemberRule.read(entry) for entry in row[name]) for name in ("include", "exclude")}
    return Catalogue(**(dict(row) | rules))


def _written(model: Catalogue) -> dict[str, Any]:
    rules = {
        "include": [asdict(rule) for rule in model.include],
        "exclude": [asdict(rule) for rule in model.exclude],
    }
    return asdict(model) | rules


class CatalogueRepository:
    """Finds, locks and stores catalogues."""

    async def find(self, reader: Reader, catalogue_id: str, *, lock: bool = False) -> Catalogue | None:
        """The catalogue, None if there is none (any more)."""
        statement = select(catalogue).where(catalogue.c.id == catalogue_id, ~catalogue.c.deleted)
        row = await reader.first(statement.with_for_update() if lock else statement)
        return _read(row) if row else None

    async def page(
        self, reader: Reader, code: str | None, after_id: str | None, limit: int
    ) -> list[Catalogue]:
        """Catalogues by id, one more than `limit`."""
        statement = select(catalogue).where(~catalogue.c.deleted).order_by(catalogue.c.id).limit(limit + 1)
        if code is not None:
            statement = statement.where(catalogue.c.code == code)
        if after_id is not None:
            statement = statement.where(catalogue.c.id > after_id)
        return [_read(row) for row in await reader.all(statement)]

    async def chunk(self, tx: Transaction, after_id: str | None, limit: int) -> list[Catalogue]:
        """Catalogues by id, removed ones too, locked: for republishing."""
        statement = select(catalogue).order_by(catalogue.c.id).limit(limit).with_for_update()
        if after_id is not None:
            statement = statement.where(catalogue.c.id > after_id)
        return [_read(row) for row in await tx.all(statement)]

    async def unknown_targets(self, reader: Reader, rules: Sequence[MemberRule]) -> list[str]:
        """Ids that rules name and nothing has."""
        wanted = {rule.id for rule in rules if rule.id is not None}
        live = select(category.c.id).where(category.c.id.in_(wanted), ~category.c.deleted)
        groups = [select(table.c.id).where(table.c.id.in_(wanted)) for table in (brand, item_group)]
        return sorted(wanted - set(await reader.scalars(live.union_all(*groups))))

    async def add(self, tx: Transaction, model: Catalogue) -> bool:
        """Stores a new catalogue; False if any catalogue, removed ones too, has its code."""
        statement = upsert(catalogue).values(_written(model)).on_conflict_do_nothing()
        return await tx.execute(statement) == 1

    async def save(self, tx: Transaction, model: Catalogue) -> None:
        """Stores a changed catalogue."""
        await tx.execute(update(catalogue).where(catalogue.c.id == model.id).values(_written(model)))

    async def put_listed(
        self, tx: Transaction, catalogue_id: str, product_ids: Sequence[str], *, excluded: bool
    ) -> None:
        """Lists products by hand, in or out."""
        rows = [
            {"catalogue_id": catalogue_id, "product_id": product_id, "excluded": excluded}
            for product_id in sorted(set(product_ids))
        ]
        if rows:
            statement = upsert(catalogue_listed)
            changed = {"excluded": statement.excluded.excluded}
            await tx.execute(
                statement.on_conflict_do_update(index_elements=["catalogue_id", "product_id"], set_=changed),
                rows,
            )

    async def drop_listed(self, tx: Transaction, catalogue_id: str, product_ids: Sequence[str]) -> None:
        """Leaves products to the rules again."""
        await tx.execute(
            delete(catalogue_listed).where(
                catalogue_listed.c.catalogue_id == catalogue_id,
                catalogue_listed.c.product_id.in_(list(product_ids)),
            )
        )

    async def members(
        self, reader: Reader, catalogue_id: str, after_id: str | None, limit: int
    ) -> Sequence[RowMapping]:
        """Members by product id with how they came in, one more than `limit`."""
        by_hand = catalogue_listed.c.product_id.is_not(None).label("listed")
        statement = (
            select(catalogue_member.c.product_id, listing.c.external_id, listing.c.title, by_hand)
            .join(listing, listing.c.product_id == catalogue_member.c.product_id)
            .outerjoin(
                catalogue_listed,
                (catalogue_listed.c.catalogue_id == catalogue_member.c.catalogue_id)
                & (catalogue_listed.c.product_id == catalogue_member.c.product_id),
            )
            .where(catalogue_member.c.catalogue_id == catalogue_id)
            .order_by(catalogue_member.c.product_id)
            .limit(limit + 1)
        )
        if after_id is not None:
            statement = statement.where(catalogue_member.c.product_id > after_id)
        return await reader.all(statement)
