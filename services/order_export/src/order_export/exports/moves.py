"""Moving an export: the pure transition, stored with its evidence, told as an event, felt by the order."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chassis.clock import Clock, next_version
from chassis.database import Reader, Transaction
from chassis.ids import new_id
from eventing.outbox import Outbox, Outgoing
from order_export import events
from order_export.connectors.models import PULL_BY_DEFAULT, Connector
from order_export.connectors.repository import ConnectorRepository
from order_export.errors import ExportNotFound, ExportStateForbids, StaleFence
from order_export.events import ExportState
from order_export.exports.models import Event, Forbidden, Job, Stale, State, apply
from order_export.exports.repository import Export, ExportRepository, Step
from order_export.orders.models import Order
from order_export.orders.publishing import OrderPublisher
from order_export.orders.repository import OrderRepository
from order_export.responses.models import newest, status_of
from order_export.responses.repository import ResponseRepository


class ExportMoves:
    """The one place where an export changes.

    Locks are taken in this order: ERP number, order, export. A claim and an expiry leave the order alone
    and lock the export only.
    """

    def __init__(
        self,
        exports: ExportRepository,
        connectors: ConnectorRepository,
        orders: OrderRepository,
        responses: ResponseRepository,
        publisher: OrderPublisher,
        outbox: Outbox,
        clock: Clock,
    ) -> None:
        self._exports = exports
        self._connectors = connectors
        self._orders = orders
        self._responses = responses
        self._publisher = publisher
        self._outbox = outbox
        self._clock = clock

    async def begin(self, tx: Transaction, order: Order) -> Export:
        """The export job of an order being placed, in its transaction."""
        now = self._clock.now()
        connector = await self._connectors.serving(tx, order.source)
        export = Export(
            id=new_id(),
            version=next_version(None, now),
            order_id=order.id,
            source=order.source,
            connector_id=None if connector is None else connector.id,
            kind="order",
            sequence=1,
            job=Job(State.READY, attempt=0, fence=0, lease_until=None, next_attempt_at=now),
            created_at=now,
            updated_at=now,
        )
        await self._exports.add(tx, export)
        await self._told(tx, export, connector, "placed", None, None)
        return export

    async def locked_with_order(
        self, tx: Transaction, export_id: str, source: str | None = None, *, number: str | None = None
    ) -> Export:
        """The export of a source, its order locked before it, the ERP number to be learned before both.

        Raises ExportNotFound.
        """
        seen = await self._exports.find(tx, export_id, source)
        if seen is None:
            raise ExportNotFound
        await self._responses.lock_numbers(tx, seen.source, [number])
        await self._orders.locked(tx, seen.order_id)
        export = await self._exports.locked(tx, export_id)
        if export is None:
            raise ExportNotFound
        return export

    async def move(
        self,
        tx: Transaction,
        export: Export,
        event: Event,
        by: str,
        details: Mapping[str, Any] | None = None,
        connector: Connector | None = None,
    ) -> Export:
        """The locked export after the event. Raises ExportStateForbids, StaleFence.

        An event that changes nothing (the same acknowledgement again) writes nothing.
        """
        now = self._clock.now()
        connector = connector or await self._connector(tx, export)
        policy = PULL_BY_DEFAULT if connector is None else connector.policy
        try:
            job = apply(export.job, event, policy, now)
        except Forbidden as error:
            raise ExportStateForbids(error.state.value) from error
        except Stale as error:
            raise StaleFence from error
        if job == export.job and job.state is not State.CONFLICT:
            return export
        moved = replace(export, job=job, version=next_version(export.version, now), updated_at=now)
        await self._exports.save(tx, moved)
        await self._told(tx, moved, connector, type(event).__name__, by, details)
        return moved

    async def settle_order(self, tx: Transaction, export: Export, details: Mapping[str, Any] | None) -> None:
        """Lets the locked order know how its export ended, and finds answers that waited for its number."""
        order = await self._orders.locked(tx, export.order_id)
        assert order is not None
        number = export.job.erp_order_number if export.job.state is State.ACKNOWLEDGED else None
        if number is not None and number not in order.erp_order_numbers:
            order = replace(order, erp_order_numbers=[*order.erp_order_numbers, number])
            await self._orders.save(tx, order)
            waiting = await self._responses.match_number(tx, order.source, number)
            await self.record_answers(tx, waiting)
        kind = "erp_accepted" if number is not None else "erp_rejected"
        await self._orders.record(tx, order.id, export.updated_at, kind, _with_number(number, details))
        await self.refresh(tx, order)

    async def record_answers(self, tx: Transaction, response_ids: Any) -> None:
        """Writes answers that just found their order into its history."""
        for order_id, answer in await self._responses.by_ids(tx, list(response_ids)):
            if order_id is None:
                continue
            shown = {
                "line_number": answer.line_number,
                "quantity": None if answer.quantity is None else format(answer.quantity.normalize(), "f"),
                "external_id": answer.product,
                "text": answer.text,
                "schedules": answer.schedules,
            }
            details = {name: value for name, value in shown.items() if value is not None}
            kind = f"erp_{answer.kind}_withdrawn" if answer.withdrawn else f"erp_{answer.kind}"
            await self._orders.record(tx, order_id, answer.occurred_at, kind, details, answer.event_id)

    async def refresh(self, tx: Transaction, order: Order) -> Order:
        """Works out the status of a locked order anew, and publishes it."""
        answers = (await self._responses.of_orders(tx, [order.id]))[order.id]
        states = {export.job.state for export in await self._exports.of_order(tx, order.id)}
        status = status_of(
            await self._orders.ordered_quantities(tx, order.id),
            newest(answers),
            in_erp=bool(order.erp_order_numbers) or State.ACKNOWLEDGED in states,
            export_rejected=State.REJECTED in states,
        )
        [stored] = await self._publisher.changed(tx, [replace(order, status=status)])
        return stored

    async def outgoing(self, reader: Reader, export: Export, connector: Connector | None) -> Outgoing:
        """The export's public state as an event."""
        steps = await self._exports.steps(reader, export.id)
        return Outgoing(events.EXPORT, export.id, export.version, _state(export, connector, steps[-1]))

    async def _connector(self, tx: Transaction, export: Export) -> Connector | None:
        if export.connector_id is None:
            return None
        return (await self._connectors.by_ids(tx, {export.connector_id}))[export.connector_id]

    async def _told(
        self,
        tx: Transaction,
        export: Export,
        connector: Connector | None,
        event: str,
        by: str | None,
        details: Mapping[str, Any] | None,
    ) -> None:
        job = export.job
        step = Step(export.updated_at, _snake(event), job.state.value, job.attempt, job.fence, by, details)
        await self._exports.record(tx, export.id, step)
        state = _state(export, connector, step)
        await self._outbox.put(tx, [Outgoing(events.EXPORT, export.id, export.version, state)])


def _with_number(number: str | None, details: Mapping[str, Any] | None) -> dict[str, Any] | None:
    found = dict(details or {})
    if number is not None:
        found["erp_order_number"] = number
    return found or None


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def _state(export: Export, connector: Connector | None, last: Step) -> ExportState:
    job = export.job
    return ExportState(
        id=export.id,
        order_id=export.order_id,
        connector=None if connector is None else connector.code,
        kind=export.kind,
        sequence=export.sequence,
        state=job.state.value,
        attempts=job.attempt,
        guarantee=None if connector is None else connector.policy.guarantee,
        erp_order_number=job.erp_order_number,
        updated_at=export.updated_at,
        evidence={
            "last_event": last.event,
            "at": _iso(last.at),
            "by": last.by,
            "details": dict(last.details or {}),
            "reasons": [dict(reason) for reason in job.reasons or ()],
        },
    )


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
