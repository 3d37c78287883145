"""Families ⇄ PostgreSQL, and what their products have filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import RowMapping, select, text, update
from sqlalchemy.dialects.postgresql import insert

from catalog.families.models import Completeness, Family, completeness, read_requirements
from catalog.tables import family, product_content
from chassis.database import Reader, Transaction, among

_FILLED: Final = text(
    """SELECT product_id, array_agg(DISTINCT field || chr(31) || locale) AS filled FROM (
    SELECT t.product_id, f.field, t.locale FROM product_text t,
        LATERAL (VALUES ('title', t.title), ('description', t.description)) AS f (field, value)
        WHERE t.product_id = ANY(CAST(:ids AS text[])) AND f.value IS NOT NULL
    UNION ALL SELECT m.product_id, 'image', '' FROM media m
        WHERE m.product_id = ANY(CAST(:ids AS text[])) AND m.kind = 'image'
    UNION ALL SELECT v.product_id, a.code, v.locale
        FROM attribute_value v JOIN attribute a ON a.id = v.attribute_id
        WHERE v.product_id = ANY(CAST(:ids AS text[])) AND NOT a.deleted) found GROUP BY product_id"""
)


def _read(row: RowMapping) -> Family:
    return Family(
        id=row["id"],
        version=row["version"],
        code=row["code"],
        names=row["names"],
        attribute_ids=tuple(row["attribute_ids"]),
        requirements=read_requirements(row["requirements"]),
        deleted=row["deleted"],
    )


def _written(model: Family) -> dict[str, Any]:
    return asdict(model) | {
        "attribute_ids": list(model.attribute_ids),
        "requirements": [asdict(requirement) for requirement in model.requirements],
        "names": dict(model.names),
    }


class FamilyRepository:
    """Finds, locks and stores families."""

    async def find(self, reader: Reader, family_id: str, *, lock: bool = False) -> Family | None:
        """The family, None if there is none (any more)."""
        statement = select(family).where(family.c.id == family_id, ~family.c.deleted)
        row = await reader.first(statement.with_for_update() if lock else statement)
        return _read(row) if row else None

    async def page(self, reader: Reader, after_id: str | None, limit: int) -> list[Family]:
        """Families by id, one more than `limit`."""
        statement = select(family).where(~family.c.deleted).order_by(family.c.id).limit(limit + 1)
        if after_id is not None:
            statement = statement.where(family.c.id > after_id)
        return [_read(row) for row in await reader.all(statement)]

    async def add(self, tx: Transaction, model: Family) -> bool:
        """Stores a new family; False if any family, removed ones too, has its code."""
        statement = insert(family).values(_written(model)).on_conflict_do_nothing()
        return await tx.execute(statement) == 1

    async def save(self, tx: Transaction, model: Family) -> None:
        """Stores a changed family."""
        await tx.execute(update(family).where(family.c.id == model.id).values(_written(model)))

    async def products_of(self, reader: Reader, family_id: str) -> Sequence[str]:
        """Ids of its products, in order."""
        statement = select(product_content.c.product_id).where(product_content.c.family_id == family_id)
        return await reader.scalars(statement.order_by(product_content.c.product_id))

    async def completeness(
        self, reader: Reader, product_ids: Sequence[str]
    ) -> Mapping[str, Mapping[str, Completeness]]:
        """Completeness by product and channel; products without a family are left out."""
        owned = select(product_content.c.product_id, family.c.requirements)
        owned = owned.join(family, family.c.id == product_content.c.family_id)
        owned = owned.where(among(product_content.c.product_id, product_ids))
        demanded = {row["product_id"]: row["requirements"] for row in await reader.all(owned)}
        if not demanded:
            return {}
        rows = await reader.all(_FILLED, {"ids": list(demanded)})
        filled = {row["product_id"]: frozenset(_pair(entry) for entry in row["filled"]) for row in rows}
        return {
            product_id: completeness(read_requirements(requirements), filled.get(product_id, frozenset()))
            for product_id, requirements in demanded.items()
        }


def _pair(entry: str) -> tuple[str, str]:
    field, _, locale = entry.partition("\x1f")
    return field, locale
