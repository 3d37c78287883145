"""Staff ⇄ PostgreSQL."""

from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from accounts.roles.models import Role
from accounts.staff.models import StaffMember
from accounts.tables import login, role, staff
from chassis.database import Reader, Transaction

_ROLE_COLUMNS = [role.c[name].label(f"role_{name}") for name in Role.__dataclass_fields__]


def _statement() -> Select[Any]:
    own = (staff.c.id, staff.c.version, staff.c.login_id, staff.c.deleted, login.c.email, login.c.name)
    joined = staff.join(login, login.c.id == staff.c.login_id).join(role, role.c.id == staff.c.role_id)
    return select(*own, *_ROLE_COLUMNS).select_from(joined)


def _read(row: RowMapping) -> StaffMember:
    columns = dict(row)
    its_role = {name: columns.pop(f"role_{name}") for name in Role.__dataclass_fields__}
    its_role["permissions"] = frozenset(its_role["permissions"])
    return StaffMember(**columns, role=Role(**its_role))


class StaffRepository:
    """Finds, locks and stores staff."""

    async def find(self, reader: Reader, staff_id: str) -> StaffMember | None:
        """The member, None if there is none (any more)."""
        row = await reader.first(_statement().where(staff.c.id == staff_id, ~staff.c.deleted))
        return _read(row) if row else None

    async def held(self, tx: Transaction, staff_id: str) -> StaffMember | None:
        """The member, with the role kept as it is until the transaction ends."""
        return await self._held(tx, staff.c.id == staff_id)

    async def held_of_login(self, tx: Transaction, login_id: str) -> StaffMember | None:
        """The member a login is, with the role kept as it is until the transaction ends."""
        return await self._held(tx, staff.c.login_id == login_id)

    async def locked(self, tx: Transaction, staff_id: str) -> StaffMember | None:
        """The member, locked until the transaction ends."""
        statement = _statement().where(staff.c.id == staff_id, ~staff.c.deleted)
        row = await tx.first(statement.with_for_update(of=staff))
        return _read(row) if row else None

    async def _held(self, tx: Transaction, condition: ColumnElement[bool]) -> StaffMember | None:
        statement = _statement().where(condition, ~staff.c.deleted)
        row = await tx.first(statement.with_for_update(read=True, of=[staff, role]))
        return _read(row) if row else None

    async def page(self, reader: Reader, after_id: str | None, limit: int) -> list[StaffMember]:
        """Staff by id, one more than `limit`."""
        statement = _statement().where(~staff.c.deleted).order_by(staff.c.id).limit(limit + 1)
        if after_id is not None:
            statement = statement.where(staff.c.id > after_id)
        return [_read(row) for row in await reader.all(statement)]

    async def count_with_role(self, tx: Transaction, role_id: str) -> int:
        """How many have the role; nobody can join or leave meanwhile."""
        await tx.execute(text("LOCK TABLE staff IN SHARE ROW EXCLUSIVE MODE"))
        found = await tx.scalar(select(func.count()).where(staff.c.role_id == role_id, ~staff.c.deleted))
        return int(found)

    async def add(self, tx: Transaction, model: StaffMember) -> bool:
        """Stores a new member; False if the login is one already."""
        return await tx.execute(insert(staff).values(_written(model)).on_conflict_do_nothing()) == 1

    async def save(self, tx: Transaction, model: StaffMember) -> None:
        """Stores a changed member."""
        await tx.execute(update(staff).where(staff.c.id == model.id).values(_written(model)))


def _written(model: StaffMember) -> dict[str, Any]:
    return {
        "id": model.id,
        "version": model.version,
        "login_id": model.login_id,
        "role_id": model.role.id,
        "deleted": model.deleted,
    }
