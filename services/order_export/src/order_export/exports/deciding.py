"""Exports as staff see them: the evidence, sending again, and deciding what no machine can."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.audit import AuditTrail
from chassis.database import Database
from chassis.etag import require_version
from chassis.principal import Principal
from order_export.connectors.models import Connector
from order_export.connectors.repository import ConnectorRepository
from order_export.errors import ExportNotFound
from order_export.exports.models import Event, SendAgain, Settle, State
from order_export.exports.moves import ExportMoves
from order_export.exports.repository import Export, ExportRepository, Step
from order_export.orders.models import Order
from order_export.orders.repository import OrderRepository


@dataclass(frozen=True, slots=True)
class Shown:
    """An export with what a person needs beside it."""

    export: Export
    order: Order
    connector: Connector | None


class DecidedExports:
    """Exports in the hands of the wholesaler's staff."""

    def __init__(
        self,
        database: Database,
        exports: ExportRepository,
        connectors: ConnectorRepository,
        orders: OrderRepository,
        moves: ExportMoves,
        audit: AuditTrail,
    ) -> None:
        self._database = database
        self._exports = exports
        self._connectors = connectors
        self._orders = orders
        self._moves = moves
        self._audit = audit

    async def page(
        self, states: Sequence[str], order_id: str | None, before_id: str | None, limit: int
    ) -> list[Shown]:
        """Exports newest first, one more than `limit`."""
        async with self._database.read() as reader:
            found = await self._exports.page(reader, None, states, order_id, before_id, limit)
            orders = await self._orders.by_ids(reader, [export.order_id for export in found])
            connectors = await self._connectors.by_ids(
                reader, {export.connector_id for export in found if export.connector_id is not None}
            )
        by_id = {order.id: order for order in orders}
        return [
            Shown(export, by_id[export.order_id], connectors.get(export.connector_id or ""))
            for export in found
        ]

    async def get(self, export_id: str) -> tuple[Shown, list[Step]]:
        """One export with its evidence. Raises ExportNotFound."""
        async with self._database.read() as reader:
            export = await self._exports.find(reader, export_id)
            if export is None:
                raise ExportNotFound
            [order] = await self._orders.by_ids(reader, [export.order_id])
            connectors = await self._connectors.by_ids(reader, {export.connector_id or ""})
            steps = await self._exports.steps(reader, export_id)
        return Shown(export, order, connectors.get(export.connector_id or "")), steps

    async def replay(self, principal: Principal, export_id: str, version: int, reason: str) -> None:
        """Sends it (again). Raises ExportNotFound, PreconditionFailed, ExportStateForbids."""
        await self._decide(principal, export_id, version, SendAgain(), "export.replayed", reason)

    async def settle(
        self, principal: Principal, export_id: str, version: int, erp_order_number: str | None, reason: str
    ) -> None:
        """Says how it ended: under a number in the ERP, or never. Raises what `replay` raises."""
        await self._decide(principal, export_id, version, Settle(erp_order_number), "export.settled", reason)

    async def _decide(
        self, principal: Principal, export_id: str, version: int, event: Event, action: str, reason: str
    ) -> None:
        async with self._database.transaction() as tx:
            number = event.erp_order_number if isinstance(event, Settle) else None
            before = await self._moves.locked_with_order(tx, export_id, number=number)
            require_version(version, before.version)
            details = {"reason": reason}
            after = await self._moves.move(tx, before, event, f"staff:{principal.subject}", details)
            if after.job.state in (State.ACKNOWLEDGED, State.REJECTED):
                await self._moves.settle_order(tx, after, details)
            else:
                [order] = await self._orders.by_ids(tx, [after.order_id])
                await self._moves.refresh(tx, order)
            await self._audit.record(
                tx, principal, action, "export", export_id, _shown(before), _shown(after) | details
            )


def _shown(export: Export) -> dict[str, object]:
    return {"state": export.job.state.value, "erp_order_number": export.job.erp_order_number}
