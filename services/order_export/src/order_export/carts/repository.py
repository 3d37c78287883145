"""Carts ⇄ PostgreSQL. Every method that reads carts takes a scope."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, Select, delete, func, insert, or_, select, update

from chassis.database import Reader, Transaction
from order_export.carts.models import Cart, CartLine, CartScope
from order_export.tables import cart, cart_line

_CART = [cart.c[name] for name in Cart.__dataclass_fields__ if name != "lines"]
_LINE = [cart_line.c[name] for name in CartLine.__dataclass_fields__]


def _scoped(scope: CartScope) -> Select[Any]:
    return select(*_CART).where(
        cart.c.account_id == scope.account_id,
        or_(cart.c.user_id == scope.user_id, cart.c.visibility == "account"),
        cart.c.order_id.is_(None),
        ~cart.c.deleted,
    )


class CartRepository:
    """Finds, locks and stores open carts."""

    async def find(self, reader: Reader, scope: CartScope, cart_id: str) -> Cart | None:
        """The cart with its lines, None if there is none in the scope."""
        row = await reader.first(_scoped(scope).where(cart.c.id == cart_id))
        return None if row is None else await self._with_lines(reader, row)

    async def locked(self, tx: Transaction, scope: CartScope, cart_id: str) -> Cart | None:
        """The cart, locked until the transaction ends."""
        row = await tx.first(_scoped(scope).where(cart.c.id == cart_id).with_for_update())
        return None if row is None else await self._with_lines(tx, row)

    async def page(
        self, reader: Reader, scope: CartScope, before_id: str | None, limit: int
    ) -> list[tuple[Cart, int]]:
        """Carts without their lines but with their number, newest first, one more than `limit`."""
        count = select(func.count()).where(cart_line.c.cart_id == cart.c.id).scalar_subquery()
        statement = _scoped(scope).add_columns(count.label("line_count"))
        statement = statement.order_by(cart.c.id.desc()).limit(limit + 1)
        if before_id is not None:
            statement = statement.where(cart.c.id < before_id)
        return [(_cart(row), row["line_count"]) for row in await reader.all(statement)]

    async def add(self, tx: Transaction, model: Cart) -> None:
        """Stores a new cart and its lines."""
        values = asdict(model)
        values.pop("lines")
        await tx.execute(insert(cart).values(values))
        await self._insert_lines(tx, model)

    async def save(self, tx: Transaction, model: Cart) -> None:
        """Stores a changed cart; its lines are written anew, ids kept."""
        values = asdict(model)
        values.pop("lines")
        await tx.execute(update(cart).where(cart.c.id == model.id).values(values))
        await tx.execute(delete(cart_line).where(cart_line.c.cart_id == model.id))
        await self._insert_lines(tx, model)

    async def ordered(self, tx: Transaction, model: Cart, order_id: str, version: int) -> None:
        """Notes which order the cart became."""
        await tx.execute(update(cart).where(cart.c.id == model.id).values(order_id=order_id, version=version))

    async def remove(self, tx: Transaction, model: Cart, version: int) -> None:
        """Marks the cart as deleted."""
        await tx.execute(update(cart).where(cart.c.id == model.id).values(deleted=True, version=version))

    async def _insert_lines(self, tx: Transaction, model: Cart) -> None:
        if model.lines:
            rows = [
                asdict(line) | {"cart_id": model.id, "position": position}
                for position, line in enumerate(model.lines, start=1)
            ]
            await tx.execute(insert(cart_line), rows)

    async def _with_lines(self, reader: Reader, row: RowMapping) -> Cart:
        statement = select(*_LINE).where(cart_line.c.cart_id == row["id"]).order_by(cart_line.c.position)
        return _cart(row, [CartLine(**line) for line in await reader.all(statement)])


def _cart(row: RowMapping, lines: Sequence[CartLine] = ()) -> Cart:
    return Cart(**{column.name: row[column.name] for column in _CART}, lines=tuple(lines))
