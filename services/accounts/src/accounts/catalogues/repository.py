"""Catalogue assignments, and what is known of catalogues, ⇄ PostgreSQL."""

from collections.abc import Sequence

from sqlalchemy import RowMapping, delete, func, insert, select, update

from accounts.tables import account, catalogue_assignment
from chassis.database import Reader, Transaction


class CatalogueRepository:
    """Assignments by customer group; the group '' stands for every other."""

    async def all(self, reader: Reader) -> Sequence[RowMapping]:
        """Every assignment, the default one first."""
        return await reader.all(select(catalogue_assignment).order_by(catalogue_assignment.c.customer_group))

    async def locked(self, tx: Transaction, customer_group: str) -> RowMapping | None:
        """The assignment of a group, locked until the transaction ends."""
        table = catalogue_assignment
        return await tx.first(select(table).where(table.c.customer_group == customer_group).with_for_update())

    async def put(
        self, tx: Transaction, customer_group: str, catalogue_id: str, version: int, *, exists: bool
    ) -> None:
        """Stores the assignment of a group."""
        table = catalogue_assignment
        values = {"catalogue_id": catalogue_id, "version": version}
        if exists:
            await tx.execute(update(table).where(table.c.customer_group == customer_group).values(values))
        else:
            await tx.execute(insert(table).values(customer_group=customer_group, **values))

    async def remove(self, tx: Transaction, customer_group: str) -> None:
        """The group has no assignment any more."""
        table = catalogue_assignment
        await tx.execute(delete(table).where(table.c.customer_group == customer_group))

    async def accounts_behind(
        self, tx: Transaction, customer_group: str, after_id: str, limit: int
    ) -> Sequence[str]:
        """Accounts without an own catalogue that the group's assignment may concern, locked, by id."""
        statement = select(account.c.id).where(account.c.own_catalogue_id.is_(None), account.c.id > after_id)
        if customer_group:
            statement = statement.where(account.c.customer_group == customer_group)
        return await tx.scalars(statement.order_by(account.c.id).limit(limit).with_for_update())

    async def raise_versions(self, tx: Transaction, account_ids: Sequence[str], version: int) -> None:
        """These accounts are about to be published anew."""
        await tx.execute(
            update(account)
            .where(account.c.id.in_(account_ids))
            .values(version=func.greatest(account.c.version + 1, version))
        )
