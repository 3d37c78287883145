"""Customer accounts and addresses ⇄ PostgreSQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, Select, and_, func, or_, select, update

from accounts.customer_accounts.models import Address, CustomerAccount
from accounts.tables import account, address, catalogue, catalogue_assignment
from chassis.database import Reader, Transaction

_parent = account.alias("parent")
_COLUMNS = [account.c[name] for name in CustomerAccount.__dataclass_fields__ if name != "parent_account_id"]


def _statement() -> Select[Any]:
    parent = and_(_parent.c.source == account.c.source, _parent.c.external_id == account.c.parent_external_id)
    return select(*_COLUMNS, _parent.c.id.label("parent_account_id")).select_from(
        account.outerjoin(_parent, parent)
    )


def _read(row: RowMapping) -> CustomerAccount:
    return CustomerAccount(**row)


class CustomerAccountRepository:
    """Finds, locks and stores accounts. ERP-owned columns are written by the feed alone."""

    async def find(self, reader: Reader, account_id: str) -> CustomerAccount | None:
        """The account, None if there is none (any more)."""
        row = await reader.first(_statement().where(account.c.id == account_id, ~account.c.deleted))
        return _read(row) if row else None

    async def locked(self, tx: Transaction, account_id: str) -> CustomerAccount | None:
        """The account, locked until the transaction ends."""
        statement = _statement().where(account.c.id == account_id, ~account.c.deleted)
        row = await tx.first(statement.with_for_update(of=account))
        return _read(row) if row else None

    async def page(
        self, reader: Reader, search: str | None, external_id: str | None, after_id: str | None, limit: int
    ) -> list[CustomerAccount]:
        """Accounts by id, one more than `limit`; `search` is part of the name or number."""
        statement = _statement().where(~account.c.deleted).order_by(account.c.id).limit(limit + 1)
        if search:
            found = or_(
                account.c.name.icontains(search, autoescape=True),
                account.c.number.icontains(search, autoescape=True),
            )
            statement = statement.where(found)
        if external_id is not None:
            statement = statement.where(account.c.external_id == external_id)
        if after_id is not None:
            statement = statement.where(account.c.id > after_id)
        return [_read(row) for row in await reader.all(statement)]

    async def chunk(self, tx: Transaction, after_id: str | None, limit: int) -> list[CustomerAccount]:
        """Received accounts by id, removed ones too, locked: for republishing."""
        statement = _statement().where(~account.c.placeholder).order_by(account.c.id).limit(limit)
        statement = statement.with_for_update(of=account)
        if after_id is not None:
            statement = statement.where(account.c.id > after_id)
        return [_read(row) for row in await tx.all(statement)]

    async def by_ids(self, tx: Transaction, account_ids: Sequence[str]) -> list[CustomerAccount]:
        """These accounts, removed ones too."""
        return [_read(row) for row in await tx.all(_statement().where(account.c.id.in_(account_ids)))]

    async def save(self, tx: Transaction, model: CustomerAccount) -> None:
        """Stores what the platform owns of an account."""
        await tx.execute(
            update(account)
            .where(account.c.id == model.id)
            .values(
                version=model.version,
                platform_block=model.platform_block,
                own_catalogue_id=model.own_catalogue_id,
                catalogue_id=model.catalogue_id,
            )
        )

    async def effective_catalogue(self, reader: Reader, model: CustomerAccount) -> str | None:
        """The account's own catalogue, else its customer group's, else the default one."""
        if model.own_catalogue_id is not None:
            return model.own_catalogue_id
        table = catalogue_assignment
        found: str | None = await reader.scalar(
            select(table.c.catalogue_id)
            .where(table.c.customer_group.in_([model.customer_group or "", ""]))
            .order_by(table.c.customer_group.desc())
            .limit(1)
        )
        return found

    async def refresh_catalogues(self, tx: Transaction, account_ids: Sequence[str]) -> None:
        """Finds again which catalogue counts, for many accounts at once."""
        own_group = catalogue_assignment.alias("own_group")
        default = catalogue_assignment.alias("default_one")
        found = func.coalesce(
            account.c.own_catalogue_id,
            select(own_group.c.catalogue_id)
            .where(own_group.c.customer_group == account.c.customer_group)
            .scalar_subquery(),
            select(default.c.catalogue_id).where(default.c.customer_group == "").scalar_subquery(),
        )
        await tx.execute(
            update(account)
            .where(account.c.id.in_(account_ids), account.c.catalogue_id.is_distinct_from(found))
            .values(catalogue_id=found)
        )

    async def catalogue_exists(self, reader: Reader, catalogue_id: str) -> bool:
        """Whether catalog has told of this catalogue."""
        found = await reader.scalar(
            select(catalogue.c.id).where(catalogue.c.id == catalogue_id, ~catalogue.c.deleted)
        )
        return found is not None

    async def children_of(self, tx: Transaction, account_ids: Sequence[str]) -> Sequence[str]:
        """Accounts whose parent is among these."""
        parents = (
            select(account.c.source, account.c.external_id).where(account.c.id.in_(account_ids)).subquery()
        )
        joined = and_(
            account.c.source == parents.c.source, account.c.parent_external_id == parents.c.external_id
        )
        return await tx.scalars(select(account.c.id).join(parents, joined))

    async def addresses(self, reader: Reader, account_id: str) -> list[Address]:
        """Addresses of an account, defaults first."""
        columns = [address.c[name] for name in Address.__dataclass_fields__]
        rows = await reader.all(
            select(*columns)
            .where(address.c.account_id == account_id, ~address.c.deleted)
            .order_by(address.c.is_default.desc(), address.c.external_id)
        )
        return [Address(**row) for row in rows]
