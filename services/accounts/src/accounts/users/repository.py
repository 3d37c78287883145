"""Users ⇄ PostgreSQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from accounts.blocks import stricter
from accounts.roles.models import Role
from accounts.tables import account, login, member, role
from accounts.users.models import User
from chassis.database import Reader, Transaction

_ROLE_COLUMNS = [role.c[name].label(f"role_{name}") for name in Role.__dataclass_fields__]
_MEMBER_COLUMNS = (
    "id",
    "version",
    "login_id",
    "name",
    "account_id",
    "managed_by",
    "sees_prices",
    "sees_stock",
    "invited_at",
    "first_login_at",
    "last_login_on",
    "deleted",
)


def _statement() -> Select[Any]:
    return select(
        *(member.c[name] for name in _MEMBER_COLUMNS),
        login.c.email,
        login.c.name.label("login_name"),
        account.c.number.label("account_number"),
        account.c.name.label("account_name"),
        account.c.currency,
        account.c.erp_block,
        account.c.platform_block,
        account.c.deleted.label("account_deleted"),
        *_ROLE_COLUMNS,
    ).select_from(
        member.join(login, login.c.id == member.c.login_id)
        .join(account, account.c.id == member.c.account_id)
        .join(role, role.c.id == member.c.role_id)
    )


def _read(row: RowMapping) -> User:
    columns = dict(row)
    its_role = {name: columns.pop(f"role_{name}") for name in Role.__dataclass_fields__}
    its_role["permissions"] = frozenset(its_role["permissions"])
    block = stricter(columns.pop("erp_block"), columns.pop("platform_block"))
    if columns.pop("account_deleted"):
        block = "access"
    return User(**columns, block=block, role=Role(**its_role))


class UserRepository:
    """Finds, locks and stores users. `account_id` is the scope: None only for staff."""

    async def find(self, reader: Reader, user_id: str, account_id: str | None) -> User | None:
        """The user, None if there is none in the scope."""
        row = await reader.first(_statement().where(member.c.id == user_id, *_scope(account_id)))
        return _read(row) if row else None

    async def locked(self, tx: Transaction, user_id: str, account_id: str | None) -> User | None:
        """The user, its row locked until the transaction ends."""
        return (await self.locked_all(tx, [user_id], account_id)).get(user_id)

    async def locked_all(
        self, tx: Transaction, user_ids: Sequence[str], account_id: str | None
    ) -> dict[str, User]:
        """The users by id, their rows locked until the transaction ends."""
        statement = _statement().where(member.c.id.in_(user_ids), *_scope(account_id)).order_by(member.c.id)
        return {row["id"]: _read(row) for row in await tx.all(statement.with_for_update(of=member))}

    async def held(self, tx: Transaction, user_id: str) -> User | None:
        """The user, locked, and everything its rights come from kept as it is until the transaction ends."""
        if await self.locked(tx, user_id, None) is None:
            return None
        statement = _statement().where(member.c.id == user_id)
        row = await tx.first(statement.with_for_update(read=True, of=[account, role]))
        return _read(row) if row else None

    async def of_login(self, reader: Reader, login_id: str) -> list[User]:
        """Every user that a login is, by account number."""
        statement = _statement().where(member.c.login_id == login_id, *_scope(None))
        return [_read(row) for row in await reader.all(statement.order_by(account.c.number, member.c.id))]

    async def page(
        self, reader: Reader, account_id: str | None, after_id: str | None, limit: int
    ) -> list[User]:
        """Users by id, one more than `limit`."""
        statement = _statement().where(*_scope(account_id)).order_by(member.c.id).limit(limit + 1)
        if after_id is not None:
            statement = statement.where(member.c.id > after_id)
        return [_read(row) for row in await reader.all(statement)]

    async def chunk(self, tx: Transaction, after_id: str | None, limit: int) -> list[User]:
        """Users by id, removed ones too, locked: for republishing."""
        statement = _statement().order_by(member.c.id).limit(limit).with_for_update(of=member)
        if after_id is not None:
            statement = statement.where(member.c.id > after_id)
        return [_read(row) for row in await tx.all(statement)]

    async def by_ids(self, reader: Reader, user_ids: Sequence[str]) -> list[User]:
        """Users with these ids, removed ones too."""
        return [_read(row) for row in await reader.all(_statement().where(member.c.id.in_(user_ids)))]

    async def places(self, reader: Reader, emails: Sequence[str]) -> set[tuple[str, str]]:
        """Which of these mail addresses is a user of which account: both, as pairs."""
        joined = member.join(login, login.c.id == member.c.login_id)
        statement = select(login.c.email, member.c.account_id).select_from(joined)
        rows = await reader.all(statement.where(login.c.email.in_(emails), *_scope(None)))
        return {(row["email"], row["account_id"]) for row in rows}

    async def add(self, tx: Transaction, users: Sequence[User]) -> set[str]:
        """Stores new users; the ids of those stored: a login may be a user of the account already."""
        if not users:
            return set()
        rows = [_written(user) | {"source": "", "external_id": user.id} for user in users]
        statement = insert(member).values(rows).on_conflict_do_nothing()
        return set(await tx.scalars(statement.returning(member.c.id)))

    async def save(self, tx: Transaction, users: Sequence[User]) -> None:
        """Stores changed users."""
        if users:
            statement = update(member).where(member.c.id == bindparam("changed_id"))
            await tx.execute(statement, [_written(user) | {"changed_id": user.id} for user in users])


def _written(user: User) -> dict[str, Any]:
    return {name: getattr(user, name) for name in _MEMBER_COLUMNS} | {"role_id": user.role.id}


def _scope(account_id: str | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [~member.c.deleted]
    if account_id is not None:
        conditions.append(member.c.account_id == account_id)
    return conditions
