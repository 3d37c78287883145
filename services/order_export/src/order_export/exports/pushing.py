"""Push: the worker's loop that brings orders to ERPs, and asks where an outcome was lost."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from prometheus_client import Counter

from chassis.clock import Clock
from chassis.database import Database, Transaction
from chassis.loops import pause
from order_export.connectors.client import Absent, ErpClient, Finding, Lost, NotSent, Outcome, Refused, Taken
from order_export.connectors.models import Connector
from order_export.connectors.repository import ConnectorRepository
from order_export.errors import ExportStateForbids, StaleFence
from order_export.exports.models import (
    Acknowledge,
    Claim,
    Event,
    Expire,
    LookupFailed,
    NotFoundThere,
    NotTaken,
    OutcomeLost,
    Reconcile,
    Reject,
    Send,
    State,
)
from order_export.exports.moves import ExportMoves
from order_export.exports.repository import Export, ExportRepository
from order_export.orders.document import OrderDocuments
from order_export.orders.repository import OrderRepository

logger = structlog.get_logger(__name__)
BY = "worker"
SWEPT_AT_ONCE = 200
FAILED_ROUNDS = Counter("export_rounds_failed_total", "Rounds of the export loop that raised.", ["loop"])


class ExportPusher:
    """Claims for push connectors, sends, and reconciles; each step is a transaction of its own."""

    def __init__(
        self,
        database: Database,
        exports: ExportRepository,
        connectors: ConnectorRepository,
        orders: OrderRepository,
        documents: OrderDocuments,
        moves: ExportMoves,
        erp: ErpClient,
        clock: Clock,
        *,
        at_once: int,
        poll_seconds: float,
    ) -> None:
        self._database = database
        self._exports = exports
        self._connectors = connectors
        self._orders = orders
        self._documents = documents
        self._moves = moves
        self._erp = erp
        self._clock = clock
        self._at_once = at_once
        self._poll_seconds = poll_seconds

    async def run(self, stop: asyncio.Event) -> None:
        """Sweeps, sends and reconciles until `stop`."""
        await self._repeat(stop, "export", self.round)

    async def round(self) -> None:
        """One round: leases that ran out, orders that are due, outcomes to be asked for."""
        await self.sweep()
        async with self._database.read() as reader:
            connectors = await self._connectors.pushing(reader)
        for connector in connectors:
            await self.send_due(connector)
            if connector.policy.looks_up or connector.policy.deduplicates:
                await self.reconcile_due(connector)

    async def sweep(self) -> int:
        """Moves exports whose lease ran out; returns how many."""
        async with self._database.transaction() as tx:
            found = await self._exports.expired(tx, self._clock.now(), SWEPT_AT_ONCE)
            for export in found:
                await self._moves.move(tx, export, Expire(), BY)
        return len(found)

    async def send_due(self, connector: Connector) -> int:
        """Sends what is due to one connector; returns how many were tried."""
        async with self._database.transaction() as tx:
            await self._exports.adopt(tx, connector)
            found = await self._exports.claimable(tx, connector, self._clock.now(), self._at_once)
            event = Claim(self._lease(connector))
            claimed = [await self._moves.move(tx, export, event, BY, connector=connector) for export in found]
        await asyncio.gather(*(self._send(connector, export) for export in claimed))
        return len(claimed)

    async def reconcile_due(self, connector: Connector) -> int:
        """Asks the ERP about lost outcomes, or lets it be sent again; returns how many."""
        async with self._database.transaction() as tx:
            found = await self._exports.unknown(tx, connector, self._clock.now(), self._at_once)
            event = Reconcile(self._lease(connector))
            moved = [await self._moves.move(tx, export, event, BY, connector=connector) for export in found]
        asked = [export for export in moved if export.job.state is State.RECONCILING]
        await asyncio.gather(*(self._look_up(connector, export) for export in asked))
        return len(moved)

    async def _send(self, connector: Connector, export: Export) -> None:
        async with self._database.transaction() as tx:
            [order] = await self._orders.by_ids(tx, [export.order_id])
            [document] = await self._documents.of(tx, [order])
            locked = await self._moves.locked_with_order(tx, export.id)
            sending = await self._moves.move(tx, locked, Send(export.job.fence), BY, connector=connector)
        # SENDING is committed: from here on a crash leaves UNKNOWN behind, and never a second order.
        outcome = await self._erp.send(
            connector, document.model_dump(mode="json"), _latest(connector, sending)
        )
        event, details = _after_sending(outcome, sending.job.fence)
        await self._report(connector, export.id, event, details)

    async def _look_up(self, connector: Connector, export: Export) -> None:
        async with self._database.read() as reader:
            [order] = await self._orders.by_ids(reader, [export.order_id])
        finding = await self._erp.look_up(connector, order.order_number)
        event, details = _after_looking(finding, export.job.fence)
        await self._report(connector, export.id, event, details)

    async def _report(
        self, connector: Connector, export_id: str, event: Event, details: dict[str, Any]
    ) -> None:
        async with self._database.transaction() as tx:
            number = event.erp_order_number if isinstance(event, Acknowledge) else None
            export = await self._moves.locked_with_order(tx, export_id, number=number)
            try:
                moved = await self._moves.move(tx, export, event, BY, details, connector)
            except (StaleFence, ExportStateForbids) as refused:
                # Somebody decided in the meantime; an acknowledgement is never refused.
                logger.warning("report_came_late", export_id=export_id, details=details, why=refused.code)
                return
            await self._settle(tx, export, moved, details)

    async def _settle(self, tx: Transaction, before: Export, after: Export, details: dict[str, Any]) -> None:
        ended = after.job.state in (State.ACKNOWLEDGED, State.REJECTED)
        if ended and after.job.state is not before.job.state:
            await self._moves.settle_order(tx, after, details)

    def _lease(self, connector: Connector) -> Any:
        assert connector.push is not None
        # Longer than the call may take, so that no lease runs out under a request that is still open.
        seconds = max(connector.lease_seconds, 2 * connector.push.timeout_seconds + 10)
        return self._clock.now() + timedelta(seconds=seconds)

    async def _repeat(self, stop: asyncio.Event, name: str, work: Callable[[], Awaitable[None]]) -> None:
        while not stop.is_set():
            try:
                await work()
            except Exception:
                FAILED_ROUNDS.labels(name).inc()
                logger.exception("round_failed", loop=name)
            await pause(stop, self._poll_seconds)


def _latest(connector: Connector, sending: Export) -> datetime:
    """The last moment to begin: a process that was paused for longer may have been replaced by another."""
    assert connector.push is not None
    assert sending.job.lease_until is not None
    return sending.job.lease_until - timedelta(seconds=connector.push.timeout_seconds)


def _after_sending(outcome: Outcome, fence: int) -> tuple[Event, dict[str, Any]]:
    match outcome:
        case Taken(number):
            return Acknowledge(number), {"erp_order_number": number}
        case Refused(reasons):
            return Reject(fence, reasons), {"reasons": list(reasons)}
        case NotSent(why):
            return NotTaken(fence), {"why": why}
        case Lost(why):
            return OutcomeLost(fence), {"why": why}


def _after_looking(finding: Finding, fence: int) -> tuple[Event, dict[str, Any]]:
    match finding:
        case Taken(number):
            return Acknowledge(number), {"erp_order_number": number, "found_by": "lookup"}
        case Absent():
            return NotFoundThere(fence), {"found_by": "lookup"}
        case Lost(why):
            return LookupFailed(fence), {"why": why}
