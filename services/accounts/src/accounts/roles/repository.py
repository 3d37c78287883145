"""Roles ⇄ PostgreSQL."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.dialects.postgresql import insert

from accounts.roles.models import Role, RoleKind
from accounts.tables import member, role, staff
from chassis.database import Reader, Transaction


def _read(row: RowMapping) -> Role:
    return Role(**{**row, "permissions": frozenset(row["permissions"])})


def _written(model: Role) -> dict[str, Any]:
    return asdict(model) | {"permissions": sorted(model.permissions)}


class RoleRepository:
    """Finds, locks and stores roles."""

    async def find(self, reader: Reader, role_id: str) -> Role | None:
        """The role, None if there is none (any more)."""
        row = await reader.first(select(role).where(role.c.id == role_id, ~role.c.deleted))
        return _read(row) if row else None

    async def locked(self, tx: Transaction, role_id: str) -> Role | None:
        """The role, locked until the transaction ends."""
        row = await tx.first(select(role).where(role.c.id == role_id, ~role.c.deleted).with_for_update())
        return _read(row) if row else None

    async def held(self, tx: Transaction, role_id: str) -> Role | None:
        """The role, kept from being changed or removed until the transaction ends."""
        return (await self.held_all(tx, [role_id])).get(role_id)

    async def held_all(self, tx: Transaction, role_ids: Iterable[str]) -> dict[str, Role]:
        """The roles by id, all kept so."""
        statement = select(role).where(role.c.id.in_(set(role_ids)), ~role.c.deleted).order_by(role.c.id)
        return {row["id"]: _read(row) for row in await tx.all(statement.with_for_update(read=True))}

    async def by_code(self, reader: Reader, kind: RoleKind, code: str) -> Role | None:
        """The role with a code."""
        row = await reader.first(
            select(role).where(role.c.kind == kind, role.c.code == code, ~role.c.deleted)
        )
        return _read(row) if row else None

    async def page(
        self, reader: Reader, kind: RoleKind | None, after_id: str | None, limit: int
    ) -> list[Role]:
        """Roles by id, those behind `after_id`, one more than `limit`."""
        statement = select(role).where(~role.c.deleted).order_by(role.c.id).limit(limit + 1)
        if kind is not None:
            statement = statement.where(role.c.kind == kind)
        if after_id is not None:
            statement = statement.where(role.c.id > after_id)
        return [_read(row) for row in await reader.all(statement)]

    async def chunk(self, tx: Transaction, after_id: str | None, limit: int) -> list[Role]:
        """Roles by id, deleted ones too, locked: for republishing."""
        statement = select(role).order_by(role.c.id).limit(limit).with_for_update()
        if after_id is not None:
            statement = statement.where(role.c.id > after_id)
        return [_read(row) for row in await tx.all(statement)]

    async def add(self, tx: Transaction, model: Role) -> bool:
        """Stores a new role; False if any role, removed ones too, has its code."""
        statement = insert(role).values(_written(model)).on_conflict_do_nothing()
        return await tx.execute(statement) == 1

    async def save(self, tx: Transaction, model: Role) -> None:
        """Stores a changed role."""
        await tx.execute(update(role).where(role.c.id == model.id).values(_written(model)))

    async def holders(self, reader: Reader, role_id: str) -> int:
        """How many users and staff have the role."""
        users = select(func.count()).where(member.c.role_id == role_id, ~member.c.deleted).scalar_subquery()
        people = select(func.count()).where(staff.c.role_id == role_id, ~staff.c.deleted).scalar_subquery()
        return int(await reader.scalar(select(users + people)))
