"""Catalogue assignments, and what is known of catalogues, ⇄ PostgreSQL."""

from collections.abc import Sequence

from sqlalchemy import RowMapping, delete, select
from sqlalchemy.dialects.postgresql import insert

from accounts.tables import account, catalogue_assignment
from chassis.database import Reader, Transaction


class CatalogueRepository:
    """Assignments by customer group; the group '' stands for every other."""

    async def all(self, reader: Reader) -> Sequence[RowMapping]:
        """Every assignment, the default one first."""
        return await reader.all(select(catalogue_assignment).order_by(catalogue_assignment.c.customer_group))

    async def of_group(self, reader: Reader, customer_group: str) -> RowMapping | None:
        """The assignment of a group."""
        table = catalogue_assignment
        return await reader.first(select(table).where(table.c.customer_group == customer_group))

    async def put(self, tx: Transaction, customer_group: str, catalogue_id: str, version: int) -> None:
        """Stores the assignment of a group."""
        values = {"catalogue_id": catalogue_id, "version": version}
        statement = insert(catalogue_assignment).values(customer_group=customer_group, **values)
        await tx.execute(statement.on_conflict_do_update(index_elements=["customer_group"], set_=values))

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
