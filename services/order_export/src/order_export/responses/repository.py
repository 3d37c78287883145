"""Order responses ⇄ PostgreSQL. The rows themselves are written by the feed."""

import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import RowMapping, and_, or_, select, text, update
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
        withdrawn=row["deleted"],
    )


_LOCK = text(
    "SELECT pg_advisory_xact_lock(hashtext('erp-order-number'), place) "
    "FROM unnest(CAST(:places AS integer[])) AS given (place)"
)


def _place(source: str, number: str) -> int:
    """One of 256 locks that all numbers share: a bulk import must not fill the lock table."""
    return zlib.crc32(f"{source}\0{number}".encode()) % 256


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
        """Responses, withdrawn ones too, with the order each belongs to, in the order they occurred."""
        table = order_response.c
        statement = (
            select(order_response).where(table.id.in_(ids)).order_by(table.occurred_at, table.external_id)
        )
        return [(row["order_id"], _read(row)) for row in await tx.all(statement)]

    async def sources(self, tx: Transaction, ids: Sequence[str]) -> Sequence[str]:
        """Where these responses come from: one source, as a feed has one."""
        table = order_response.c
        return await tx.scalars(select(table.source).where(table.id.in_(ids)).distinct())

    async def match(self, tx: Transaction, ids: Sequence[str]) -> None:
        """Gives each response its order: by our number, else by the ERP's, within its source."""
        await self._assign(tx, order_response.c.id.in_(ids))

    async def match_number(self, tx: Transaction, source: str, erp_order_number: str) -> Sequence[str]:
        """Ids of waiting responses that an ERP number just learned gives an order. Lock the number first."""
        table = order_response.c
        waiting = and_(
            table.source == source, table.erp_order_number == erp_order_number, table.order_id.is_(None)
        )
        # A row somebody is writing right now is left to him: he matches it himself, behind our lock.
        ids = await tx.scalars(
            select(table.id).where(waiting).order_by(table.id).with_for_update(skip_locked=True)
        )
        if ids:
            await self._assign(tx, table.id.in_(ids))
        return ids

    async def lock_numbers(self, tx: Transaction, source: str, numbers: Iterable[str | None]) -> None:
        """Lets nobody else match these ERP numbers until the transaction ends; before any order's lock.

        Without it an order that learns its number and a response that waits for it could miss each other.
        """
        places = sorted({_place(source, number) for number in numbers if number is not None})
        if places:
            await tx.all(_LOCK, {"places": places})

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
