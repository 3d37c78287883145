"""Orders ⇄ PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import RowMapping, Select, func, insert, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.database import Reader, Transaction
from chassis.ids import new_id
from order_export.orders.models import Happened, Order, OrderLine
from order_export.tables import account_lock, order_history, order_line, order_number, sales_order

_ORDER = [sales_order.c[name] for name in Order.__dataclass_fields__]
_LINE = [order_line.c[name] for name in OrderLine.__dataclass_fields__]
_CHANGED_BY = text("(pg_current_xact_id()::text)::bigint")


@dataclass(frozen=True, slots=True)
class OrderScope:
    """Whose orders may be touched: an account's, narrowed to one user's; no account: everybody's (staff)."""

    account_id: str | None
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What a list of orders is narrowed to."""

    origin: str | None = None
    status: Sequence[str] = ()
    q: str | None = None
    ship_to_id: str | None = None
    ordered_from: date | None = None
    ordered_to: date | None = None


def _order(row: RowMapping) -> Order:
    return Order(**row)


class OrderRepository:
    """Finds, locks and stores orders. A method that reads an account's orders takes a scope."""

    async def lock_account(self, tx: Transaction, account_id: str) -> None:
        """Locks this service's own row of the account until the transaction ends."""
        row = upsert(account_lock).values(account_id=account_id)
        # A row that is there is written as it is: that locks it, and it takes one statement.
        await tx.execute(row.on_conflict_do_update(index_elements=["account_id"], set_=dict(row.excluded)))

    async def waiting(self, reader: Reader, account_id: str) -> int:
        """How many orders of the account the ERP has not taken yet."""
        table = sales_order.c
        return int(
            await reader.scalar(
                select(func.count()).where(
                    table.account_id == account_id, table.status == literal("received", literal_execute=True)
                )
            )
        )

    async def next_number(self, tx: Transaction) -> int:
        """The next number of the sequence; gaps are fine."""
        return int(await tx.scalar(select(order_number.next_value())))

    async def add(self, tx: Transaction, order: Order, lines: Sequence[OrderLine]) -> None:
        """Stores a new order with its lines."""
        await tx.execute(insert(sales_order).values(_written(order)))
        await tx.execute(insert(order_line), [_fields(line) | {"order_id": order.id} for line in lines])

    async def locked(self, tx: Transaction, order_id: str) -> Order | None:
        """The order, locked until the transaction ends."""
        row = await tx.first(select(*_ORDER).where(sales_order.c.id == order_id).with_for_update())
        return _order(row) if row else None

    async def save(self, tx: Transaction, order: Order) -> None:
        """Stores what may change of an order."""
        await tx.execute(
            update(sales_order)
            .where(sales_order.c.id == order.id)
            .values(
                version=order.version,
                status=order.status,
                erp_order_numbers=list(order.erp_order_numbers),
                changed_by=_CHANGED_BY,
            )
        )

    async def find(self, reader: Reader, scope: OrderScope, order_id: str) -> Order | None:
        """The order, None if there is none in the scope."""
        row = await reader.first(_scoped(scope).where(sales_order.c.id == order_id))
        return _order(row) if row else None

    async def page(
        self, reader: Reader, scope: OrderScope, wanted: OrderFilter, before_id: str | None, limit: int
    ) -> list[Order]:
        """Orders newest first, those older than `before_id`, one more than `limit`."""
        table = sales_order.c
        statement = _scoped(scope).order_by(table.id.desc()).limit(limit + 1)
        if wanted.origin is not None:
            statement = statement.where(table.origin == wanted.origin)
        if wanted.status:
            statement = statement.where(table.status.in_(wanted.status))
        if wanted.ship_to_id is not None:
            statement = statement.where(table.ship_to_id == wanted.ship_to_id)
        if wanted.ordered_from is not None:
            statement = statement.where(table.ordered_on >= wanted.ordered_from)
        if wanted.ordered_to is not None:
            statement = statement.where(table.ordered_on <= wanted.ordered_to)
        if wanted.q:
            statement = statement.where(_matches(wanted.q))
        if before_id is not None:
            statement = statement.where(table.id < before_id)
        return [_order(row) for row in await reader.all(statement)]

    async def changed(
        self, reader: Reader, source: str, after: tuple[int, str] | None, limit: int
    ) -> list[tuple[int, str]]:
        """Orders of a source in the order their changes committed: (transaction, id).

        A transaction that still runs hides every later one, so that nobody reads past it.
        """
        table = sales_order.c
        finished = text("changed_by < (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint")
        statement = (
            select(table.changed_by, table.id)
            .where(table.source == source, finished)
            .order_by(table.changed_by, table.id)
            .limit(limit)
        )
        if after is not None:
            moment, order_id = after
            statement = statement.where(
                or_(table.changed_by > moment, (table.changed_by == moment) & (table.id > order_id))
            )
        return [(row["changed_by"], row["id"]) for row in await reader.all(statement)]

    async def by_ids(self, reader: Reader, order_ids: Sequence[str]) -> list[Order]:
        """These orders by id; for the platform itself."""
        rows = await reader.all(
            select(*_ORDER).where(sales_order.c.id.in_(order_ids)).order_by(sales_order.c.id)
        )
        return [_order(row) for row in rows]

    async def chunk(self, tx: Transaction, after_id: str | None, limit: int) -> list[Order]:
        """Orders by id, locked: for republishing."""
        statement = select(*_ORDER).order_by(sales_order.c.id).limit(limit).with_for_update()
        if after_id is not None:
            statement = statement.where(sales_order.c.id > after_id)
        return [_order(row) for row in await tx.all(statement)]

    async def lines(self, reader: Reader, order_ids: Sequence[str]) -> dict[str, list[OrderLine]]:
        """Lines of orders, by line number."""
        statement = (
            select(order_line.c.order_id, *_LINE)
            .where(order_line.c.order_id.in_(order_ids))
            .order_by(order_line.c.order_id, order_line.c.line_number)
        )
        found: dict[str, list[OrderLine]] = {order_id: [] for order_id in order_ids}
        for row in await reader.all(statement):
            found[row["order_id"]].append(
                OrderLine(**{name: row[name] for name in OrderLine.__dataclass_fields__})
            )
        return found

    async def ordered_quantities(self, reader: Reader, order_id: str) -> dict[int, Decimal]:
        """Ordered quantity by line number."""
        rows = await reader.all(
            select(order_line.c.line_number, order_line.c.quantity).where(order_line.c.order_id == order_id)
        )
        return {row["line_number"]: row["quantity"] for row in rows}

    async def record(
        self,
        tx: Transaction,
        order_id: str,
        at: datetime,
        kind: str,
        details: Mapping[str, Any] | None = None,
        erp_event_id: str | None = None,
    ) -> None:
        """Adds to an order's history."""
        await tx.execute(
            insert(order_history).values(
                id=new_id(), order_id=order_id, at=at, kind=kind, details=details, erp_event_id=erp_event_id
            )
        )

    async def history(self, reader: Reader, order_ids: Sequence[str]) -> dict[str, list[Happened]]:
        """What happened to orders, in the order it became known."""
        found: dict[str, list[Happened]] = {order_id: [] for order_id in order_ids}
        statement = (
            select(order_history).where(order_history.c.order_id.in_(order_ids)).order_by(order_history.c.id)
        )
        for row in await reader.all(statement):
            entry = Happened(row["at"], row["kind"], row["erp_event_id"], row["details"])
            found[row["order_id"]].append(entry)
        return found


def _fields(model: Order | OrderLine) -> dict[str, Any]:
    """The fields as they are: what `asdict` copies of addresses and evidence is written once and gone."""
    return {name: getattr(model, name) for name in model.__dataclass_fields__}


def _written(order: Order) -> dict[str, Any]:
    values = _fields(order)
    return values | {name: list(values[name]) for name in ("erp_order_numbers", "taxes", "charges")}


def _scoped(scope: OrderScope) -> Select[Any]:
    statement = select(*_ORDER)
    if scope.account_id is not None:
        statement = statement.where(sales_order.c.account_id == scope.account_id)
    if scope.user_id is not None:
        mine = or_(sales_order.c.placed_by == scope.user_id, sales_order.c.on_behalf_of == scope.user_id)
        statement = statement.where(mine)
    return statement


def _matches(q: str) -> Any:
    """Order number, ERP number or the customer's own reference."""
    table = sales_order.c
    return or_(
        table.order_number.icontains(q, autoescape=True),
        table.customer_reference.icontains(q, autoescape=True),
        table.erp_order_numbers.contains([q]),
    )
