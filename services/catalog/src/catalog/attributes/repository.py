"""Attributes and their options ⇄ PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from catalog.attributes.models import Attribute, Option
from catalog.tables import attribute, attribute_option, attribute_value, family
from chassis.database import Reader, Transaction


def _written(model: Attribute) -> dict[str, Any]:
    values = asdict(model) | {"names": dict(model.names)}
    del values["options"]
    return values


class AttributeRepository:
    """Finds, locks and stores attributes."""

    async def find(self, reader: Reader, attribute_id: str, *, lock: bool = False) -> Attribute | None:
        """The attribute, None if there is none (any more)."""
        statement = select(attribute).where(attribute.c.id == attribute_id, ~attribute.c.deleted)
        row = await reader.first(statement.with_for_update() if lock else statement)
        return (await self._complete(reader, [row]))[0] if row else None

    async def by_codes(self, reader: Reader, codes: Collection[str]) -> Mapping[str, Attribute]:
        """Attributes by code."""
        statement = select(attribute).where(attribute.c.code.in_(list(codes)), ~attribute.c.deleted)
        return {found.code: found for found in await self._complete(reader, await reader.all(statement))}

    async def page(
        self, reader: Reader, code: str | None, after_id: str | None, limit: int
    ) -> list[Attribute]:
        """Attributes by id, one more than `limit`."""
        statement = select(attribute).where(~attribute.c.deleted).order_by(attribute.c.id).limit(limit + 1)
        if code is not None:
            statement = statement.where(attribute.c.code == code)
        if after_id is not None:
            statement = statement.where(attribute.c.id > after_id)
        return await self._complete(reader, await reader.all(statement))

    async def unknown(self, reader: Reader, attribute_ids: Sequence[str]) -> list[str]:
        """Those that do not exist (any more)."""
        found = await reader.scalars(
            select(attribute.c.id).where(attribute.c.id.in_(list(attribute_ids)), ~attribute.c.deleted)
        )
        return sorted(set(attribute_ids) - set(found))

    async def uses(self, reader: Reader, model: Attribute) -> int:
        """How many values and families use it."""
        values = select(func.count()).where(attribute_value.c.attribute_id == model.id).scalar_subquery()
        families = select(func.count()).where(family.c.attribute_ids.contains([model.id]), ~family.c.deleted)
        return int(await reader.scalar(select(values + families.scalar_subquery())))

    async def options_in_use(self, reader: Reader, model: Attribute, codes: Collection[str]) -> int:
        """How many values are one of these options."""
        statement = select(func.count()).where(
            attribute_value.c.attribute_id == model.id, attribute_value.c.value.in_(list(codes))
        )
        return int(await reader.scalar(statement))

    async def add(self, tx: Transaction, model: Attribute) -> bool:
        """Stores a new attribute; False if any attribute, removed ones too, has its code."""
        statement = insert(attribute).values(_written(model)).on_conflict_do_nothing()
        if await tx.execute(statement) == 0:
            return False
        await self._save_options(tx, model)
        return True

    async def save(self, tx: Transaction, model: Attribute) -> None:
        """Stores a changed attribute."""
        await tx.execute(update(attribute).where(attribute.c.id == model.id).values(_written(model)))
        await tx.execute(delete(attribute_option).where(attribute_option.c.attribute_id == model.id))
        await self._save_options(tx, model)

    async def _save_options(self, tx: Transaction, model: Attribute) -> None:
        rows = [
            {"attribute_id": model.id, "code": option.code, "names": dict(option.names), "position": place}
            for place, option in enumerate(model.options)
        ]
        if rows:
            await tx.execute(insert(attribute_option), rows)

    async def _complete(self, reader: Reader, rows: Sequence[RowMapping]) -> list[Attribute]:
        options: dict[str, list[Option]] = {row["id"]: [] for row in rows}
        statement = select(attribute_option).where(attribute_option.c.attribute_id.in_(list(options)))
        for row in await reader.all(statement.order_by(attribute_option.c.position)):
            options[row["attribute_id"]].append(Option(row["code"], row["names"]))
        return [Attribute(**row, options=tuple(options[row["id"]])) for row in rows]
