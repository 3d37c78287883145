"""Products, roles and categories as they arrive: stored by version; prices that waited find their product."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Table, select

from chassis.database import Transaction
from chassis.values import plain
from eventing.consumer import Arrived
from eventing.projection import upsert
from pricing.prices.arrivals import arrive, resolve_waiting
from pricing.prices.changes import Changes
from pricing.projections.states import CategorySeen, ProductSeen, RoleSeen
from pricing.tables import category, product, role

_PRODUCT_COLUMNS: Final = (
    "id",
    "source",
    "external_id",
    "base_unit",
    "sales_unit",
    "discount_group",
    "brand_id",
    "item_group_id",
)


class ProjectionConsumers:
    """Handlers of `catalog.product`, `catalog.category` and `accounts.role`."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    async def products(self, tx: Transaction, arrived: Sequence[Arrived[ProductSeen]]) -> None:
        """Stores products; prices that came before theirs count from now on."""
        ids = [message.key for message in arrived]
        known = set(await tx.scalars(select(product.c.id).where(product.c.id.in_(ids))))
        new = sorted(set(ids) - known)
        if new:
            await arrive(tx)
        await upsert(tx, product, [_product(message) for message in arrived if message.value])
        await upsert(tx, product, _gone(arrived))
        if new:
            await self._changes.announce(tx, await resolve_waiting(tx, new))

    async def roles(self, tx: Transaction, arrived: Sequence[Arrived[RoleSeen]]) -> None:
        """Stores roles."""
        await _store(tx, role, arrived)

    async def categories(self, tx: Transaction, arrived: Sequence[Arrived[CategorySeen]]) -> None:
        """Stores categories."""
        await _store(tx, category, arrived)


async def _store(tx: Transaction, table: Table, arrived: Sequence[Arrived[Any]]) -> None:
    live = [
        {"id": message.key, "version": message.version, "code": message.value.code, "deleted": False}
        for message in arrived
        if message.value
    ]
    await upsert(tx, table, live)
    await upsert(tx, table, _gone(arrived))


def _gone(arrived: Sequence[Arrived[Any]]) -> list[dict[str, Any]]:
    return [
        {"id": message.key, "version": message.version, "deleted": True}
        for message in arrived
        if message.value is None
    ]


def _product(message: Arrived[ProductSeen]) -> dict[str, Any]:
    assert message.value is not None
    row = {name: getattr(message.value, name) for name in _PRODUCT_COLUMNS}
    units = {
        packaging.unit: plain(packaging.quantity_in_base_unit)
        for packaging in message.value.units
        if packaging.quantity_in_base_unit > 0
    }
    return {**row, "units": units, "version": message.version, "deleted": False}
