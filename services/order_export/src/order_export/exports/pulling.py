"""Pull: an ERP claims exports, and says what became of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from chassis.clock import Clock
from chassis.database import Database
from chassis.principal import Principal
from order_export.connectors.repository import ConnectorRepository
from order_export.errors import ConnectorNotFound, ConnectorNotPull
from order_export.events import OrderState
from order_export.exports.models import Acknowledge, Event, Extend, Hand, Reject, Release, State
from order_export.exports.moves import ExportMoves
from order_export.exports.repository import Export, ExportRepository
from order_export.orders.document import OrderDocuments
from order_export.orders.repository import OrderRepository


@dataclass(frozen=True, slots=True)
class Claimed:
    """An export handed out, with its order."""

    export: Export
    order: OrderState


class PullExports:
    """Exports as a machine client of their source handles them."""

    def __init__(
        self,
        database: Database,
        exports: ExportRepository,
        connectors: ConnectorRepository,
        orders: OrderRepository,
        documents: OrderDocuments,
        moves: ExportMoves,
        clock: Clock,
    ) -> None:
        self._database = database
        self._exports = exports
        self._connectors = connectors
        self._orders = orders
        self._documents = documents
        self._moves = moves
        self._clock = clock

    async def claim(
        self, principal: Principal, code: str, at_most: int, lease_seconds: int | None
    ) -> list[Claimed]:
        """Hands out what is due: the answer is the first byte. Raises ConnectorNotFound, ConnectorNotPull."""
        async with self._database.transaction() as tx:
            connector = await self._connectors.by_code(tx, code, principal.source or "")
            if connector is None or not connector.active:
                raise ConnectorNotFound
            if not connector.policy.pulls:
                raise ConnectorNotPull
            await self._exports.adopt(tx, connector)
            now = self._clock.now()
            until = now + timedelta(seconds=lease_seconds or connector.lease_seconds)
            found = await self._exports.claimable(tx, connector, now, at_most)
            handed = [
                await self._moves.move(tx, export, Hand(until), _by(principal), connector=connector)
                for export in found
            ]
            orders = await self._orders.by_ids(tx, [export.order_id for export in handed])
            documents = {document.id: document for document in await self._documents.of(tx, orders)}
        return [Claimed(export, documents[export.order_id]) for export in handed]

    async def acknowledge(
        self, principal: Principal, export_id: str, fence: int, erp_order_number: str, lines: Sequence[Any]
    ) -> Export:
        """The ERP has the order. Never refused; a second number or a late one leads to CONFLICT."""
        details: dict[str, Any] = {"fence": fence, "erp_order_number": erp_order_number}
        if lines:
            details["lines"] = list(lines)
        return await self._report(principal, export_id, Acknowledge(erp_order_number), details)

    async def reject(
        self, principal: Principal, export_id: str, fence: int, reasons: Sequence[Mapping[str, Any]]
    ) -> Export:
        """The ERP does not take the order. Raises ExportNotFound, StaleFence, ExportStateForbids."""
        details = {"reasons": [dict(reason) for reason in reasons]}
        return await self._report(principal, export_id, Reject(fence, tuple(reasons)), details)

    async def release(self, principal: Principal, export_id: str, fence: int) -> Export:
        """The holder gives it back unbooked. Raises ExportNotFound, StaleFence, ExportStateForbids."""
        return await self._report(principal, export_id, Release(fence), None)

    async def extend(self, principal: Principal, export_id: str, fence: int, seconds: int) -> Export:
        """The holder needs longer. Raises ExportNotFound, StaleFence, ExportStateForbids."""
        until = self._clock.now() + timedelta(seconds=seconds)
        return await self._report(principal, export_id, Extend(fence, until), None)

    async def page(
        self, principal: Principal, states: Sequence[str], before_id: str | None, limit: int
    ) -> list[Export]:
        """Exports of the client's source, newest first, one more than `limit`."""
        async with self._database.read() as reader:
            return await self._exports.page(reader, principal.source or "", states, None, before_id, limit)

    async def _report(
        self, principal: Principal, export_id: str, event: Event, details: Mapping[str, Any] | None
    ) -> Export:
        async with self._database.transaction() as tx:
            number = event.erp_order_number if isinstance(event, Acknowledge) else None
            export = await self._moves.locked_with_order(tx, export_id, principal.source or "", number=number)
            moved = await self._moves.move(tx, export, event, _by(principal), details)
            ended = moved.job.state in (State.ACKNOWLEDGED, State.REJECTED)
            if ended and moved.job.state is not export.job.state:
                await self._moves.settle_order(tx, moved, details)
        return moved


def _by(principal: Principal) -> str:
    return f"client:{principal.client_id or principal.subject}"
