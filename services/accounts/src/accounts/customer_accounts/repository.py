"""Customer accounts and addresses ⇄ PostgreSQL."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, RowMapping, and_, func, or_, select, tuple_, update

from accounts.customer_accounts.models import Address, CustomerAccount
from accounts.tables import account, address, catalogue, catalogue_assignment
from chassis.database import Reader, Transaction

_COLUMNS = [account.c[name] for name in CustomerAccount.__dataclass_fields__]


def _read(row: RowMapping) -> CustomerAccount:
    return CustomerAccount(**row)


class CustomerAccountRepository:
    """Finds, locks and stores accounts. ERP-owned columns are written by the feed alone."""

    async def find(self, reader: Reader, account_id: str) -> CustomerAccount | None:
        """The account, None if there is none (any more)."""
        row = await reader.first(select(*_COLUMNS).where(account.c.id == account_id, ~account.c.deleted))
        return _read(row) if row else None

    async def locked(self, tx: Transaction, account_id: str) -> CustomerAccount | None:
        """The account, locked until the transaction ends."""
        statement = select(*_COLUMNS).where(account.c.id == account_id, ~account.c.deleted)
        row = await tx.first(statement.with_for_update())
        return _read(row) if row else None

    async def page(
        self, reader: Reader, search: str | None, external_id: str | None, after_id: str | None, limit: int
    ) -> list[CustomerAccount]:
        """Accounts by id, one more than `limit`; `search` is part of the name or number."""
        statement = select(*_COLUMNS).where(~account.c.deleted).order_by(account.c.id).limit(limit + 1)
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
        statement = select(*_COLUMNS).where(~account.c.placeholder).order_by(account.c.id).limit(limit)
        statement = statement.with_for_update()
        if after_id is not None:
            statement = statement.where(account.c.id > after_id)
        return [_read(row) for row in await tx.all(statement)]

    async def by_ids(self, tx: Transaction, account_ids: Sequence[str]) -> list[CustomerAccount]:
        """These accounts, removed ones too."""
        return [_read(row) for row in await tx.all(select(*_COLUMNS).where(account.c.id.in_(account_ids)))]

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

    async def refresh_catalogues(
        self, tx: Transaction, account_ids: Sequence[str], version: int
    ) -> Sequence[str]:
        """Finds again which catalogue counts; returns those of the accounts that have another one now."""
        own_group = catalogue_assignment.alias("own_group")
        default = catalogue_assignment.alias("default_one")
        found = func.coalesce(
            account.c.own_catalogue_id,
            select(own_group.c.catalogue_id)
            .where(own_group.c.customer_group == account.c.customer_group)
            .scalar_subquery(),
            select(default.c.catalogue_id).where(default.c.customer_group == "").scalar_subquery(),
        )
        statement = (
            update(account)
            .where(account.c.id.in_(account_ids), account.c.catalogue_id.is_distinct_from(found))
            .values(catalogue_id=found, version=_raised(version))
        )
        return await tx.scalars(statement.returning(account.c.id))

    async def link_parents(self, tx: Transaction, account_ids: Sequence[str], version: int) -> Sequence[str]:
        """Finds again what stands above and below these; returns accounts whose parent is another."""
        parent = account.alias("parent")
        same = and_(parent.c.source == account.c.source, parent.c.external_id == account.c.parent_external_id)
        above = select(parent.c.id).where(same).scalar_subquery()
        these = account.alias("these")
        keys = select(these.c.source, these.c.external_id).where(these.c.id.in_(account_ids))
        below = tuple_(account.c.source, account.c.parent_external_id).in_(keys)
        concerned = or_(account.c.id.in_(account_ids), below)
        statement = (
            update(account)
            .where(concerned, account.c.parent_account_id.is_distinct_from(above))
            .values(parent_account_id=above, version=_raised(version))
        )
        return await tx.scalars(statement.returning(account.c.id))

    async def catalogue_exists(self, reader: Reader, catalogue_id: str) -> bool:
        """Whether catalog has told of this catalogue."""
        found = await reader.scalar(
            select(catalogue.c.id).where(catalogue.c.id == catalogue_id, ~catalogue.c.deleted)
        )
        return found is not None

    async def addresses(self, reader: Reader, account_id: str) -> list[Address]:
        """Addresses of an account, defaults first."""
        columns = [address.c[name] for name in Address.__dataclass_fields__]
        rows = await reader.all(
            select(*columns)
            .where(address.c.account_id == account_id, ~address.c.deleted)
            .order_by(address.c.is_default.desc(), address.c.external_id)
        )
        return [Address(**row) for row in rows]


def _raised(version: int) -> ColumnElement[int]:
    return func.greatest(account.c.version + 1, version)
