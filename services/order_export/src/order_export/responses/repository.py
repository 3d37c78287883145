"""Order responses ⇄ PostgreSQL. The rows themselves are written by the feed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, and_, or_, select, update
from sqlalchemy.dialects.postgresql import array

from chassis.database import Reader, Transaction
from order_export.responses.models import Response
from order_export.tables import order_response, sales_order


def _read(row: RowMapping) -> Response:
    return Response(
        event_id=row["external_id"],
        kind=row["kind"],
        occurred_at=row["occurred_at"],
        line_number=row["order_line_number"],
        quantity=row["quantity"],
        unit=row["unit"],
        product=row["product"],
        net_price=row["net_price"],
        line_amount=row["line_amount"],
        schedules=row["schedules"],
        text=row["text"],
        erp_order_number=row["erp_order_number"],
    )


class ResponseRepository:
    """Finds responses and the orders they belong to."""

    async def of_orders(self, reader: Reader, order_ids: Sequence[str]) -> dict[str, list[Response]]:
        """Responses of orders that were not withdrawn."""
        table = order_response.c
        found: dict[str, list[Response]] = {order_id: [] for order_id in order_ids}
        statement = (
            select(order_response)
            .where(table.order_id.in_(order_ids), ~table.deleted)
            .order_by(table.occurred_at, table.external_id)
        )
        for row in await reader.all(statement):
            found[row["order_id"]].append(_read(row))
        return found

    async def by_ids(self, tx: Transaction, ids: Sequence[str]) -> list[tuple[str | None, Response]]:
        """Responses with the order each belongs to, in the order they occurred."""
        table = order_response.c
        statement = (
            select(order_response).where(table.id.in_(ids)).order_by(table.occurred_at, table.external_id)
        )
        return [(row["order_id"], _read(row)) for row in await tx.all(statement)]

    async def match(self, tx: Transaction, ids: Sequence[str]) -> None:
        """Gives each response its order: by our number, else by the ERP's, within its source."""
        await self._assign(tx, order_response.c.id.in_(ids))

    async def match_number(self, tx: Transaction, source: str, erp_order_number: str) -> Sequence[str]:
        """Ids of waiting responses that an ERP number just learned gives an order."""
        table = order_response.c
        waiting = and_(
            table.source == source, table.erp_order_number == erp_order_number, table.order_id.is_(None)
        )
        ids = await tx.scalars(select(table.id).where(waiting))
        if ids:
            await self._assign(tx, table.id.in_(ids))
        return ids

    async def _assign(self, tx: Transaction, which: Any) -> None:
        response, order = order_response.c, sales_order.c
        fits = and_(
            order.source == response.source,
            or_(
                order.order_number == response.order_number,
                and_(
                    response.order_number.is_(None),
                    order.erp_order_numbers.contains(array([response.erp_order_number])),
                ),
            ),
        )
        await tx.execute(update(order_response).where(which, fits).values(order_id=order.id))

    async def unresolved(self, reader: Reader, after_id: str | None, limit: int) -> Sequence[RowMapping]:
        """Responses that match no order, by id, one more than `limit`."""
        table = order_response.c
        statement = select(order_response).where(table.order_id.is_(None), ~table.deleted)
        statement = statement.order_by(table.id).limit(limit + 1)
        if after_id is not None:
            statement = statement.where(table.id > after_id)
        return await reader.all(statement)
