"""Exports and their steps ⇄ PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import RowMapping, and_, exists, insert, literal, or_, select, update

from chassis.database import Reader, Transaction
from chassis.ids import new_id
from order_export.connectors.models import Connector
from order_export.exports.models import LEASED, Job, State
from order_export.tables import connector, export_step, order_export

ExportKind = Literal["order", "change", "cancellation"]


@dataclass(frozen=True, slots=True)
class Export:
    """The job that brings one order to one connector."""

    id: str
    version: int
    order_id: str
    source: str
    connector_id: str | None
    kind: ExportKind
    sequence: int
    job: Job
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an export: what happened, the state after it, who did it."""

    at: datetime
    event: str
    state: str
    attempt: int
    fence: int
    by: str | None
    details: Mapping[str, Any] | None


def _read(row: RowMapping) -> Export:
    job = Job(
        state=State(row["state"]),
        attempt=row["attempt"],
        fence=row["fence"],
        lease_until=row["lease_until"],
        next_attempt_at=row["next_attempt_at"],
        erp_order_number=row["erp_order_number"],
        reasons=None if row["reasons"] is None else tuple(row["reasons"]),
    )
    names = set(Export.__dataclass_fields__) - {"job"}
    return Export(job=job, **{name: row[name] for name in names})


def _written(export: Export) -> dict[str, Any]:
    job = export.job
    return {
        "id": export.id,
        "version": export.version,
        "order_id": export.order_id,
        "source": export.source,
        "connector_id": export.connector_id,
        "kind": export.kind,
        "sequence": export.sequence,
        "state": job.state.value,
        "attempt": job.attempt,
        "fence": job.fence,
        "lease_until": job.lease_until,
        "next_attempt_at": job.next_attempt_at,
        "erp_order_number": job.erp_order_number,
        "reasons": None if job.reasons is None else [dict(reason) for reason in job.reasons],
        "created_at": export.created_at,
        "updated_at": export.updated_at,
    }


class ExportRepository:
    """Finds, locks and stores exports; steps are only ever added."""

    async def add(self, tx: Transaction, export: Export) -> None:
        """Stores a new export."""
        await tx.execute(insert(order_export).values(_written(export)))

    async def save(self, tx: Transaction, export: Export) -> None:
        """Stores a changed export."""
        await tx.execute(update(order_export).where(order_export.c.id == export.id).values(_written(export)))

    async def record(self, tx: Transaction, export_id: str, step: Step) -> None:
        """Adds a step to the evidence."""
        await tx.execute(
            insert(export_step).values(
                id=new_id(),
                export_id=export_id,
                at=step.at,
                event=step.event,
                state=step.state,
                attempt=step.attempt,
                fence=step.fence,
                by=step.by,
                details=step.details,
            )
        )

    async def find(self, reader: Reader, export_id: str, source: str | None = None) -> Export | None:
        """The export, of a source if one is given."""
        statement = select(order_export).where(order_export.c.id == export_id)
        if source is not None:
            statement = statement.where(order_export.c.source == source)
        row = await reader.first(statement)
        return _read(row) if row else None

    async def locked(self, tx: Transaction, export_id: str) -> Export | None:
        """The export, locked until the transaction ends. Lock its order first."""
        row = await tx.first(select(order_export).where(order_export.c.id == export_id).with_for_update())
        return _read(row) if row else None

    async def of_order(self, tx: Transaction, order_id: str) -> list[Export]:
        """The exports of an order, locked, in their sequence."""
        table = order_export.c
        statement = select(order_export).where(table.order_id == order_id).order_by(table.sequence)
        return [_read(row) for row in await tx.all(statement.with_for_update())]

    async def steps(self, reader: Reader, export_id: str) -> list[Step]:
        """The evidence of an export, oldest first."""
        statement = select(export_step).where(export_step.c.export_id == export_id).order_by(export_step.c.id)
        names = Step.__dataclass_fields__
        return [Step(**{name: row[name] for name in names}) for row in await reader.all(statement)]

    async def adopt(self, tx: Transaction, by: Connector) -> None:
        """Gives the connector those exports of its source that nobody serves (any more).

        READY is the one state in which the ERP certainly does not have the order, so it may change hands.
        """
        table = order_export.c
        retired = select(connector.c.id).where(
            connector.c.source == by.source, or_(connector.c.deleted, ~connector.c.active)
        )
        await tx.execute(
            update(order_export)
            .where(table.connector_id.in_(retired), table.state == State.READY.value)
            .values(connector_id=by.id)
        )
        await tx.execute(
            update(order_export)
            .where(table.connector_id.is_(None), table.source == by.source)
            .values(connector_id=by.id)
        )

    async def claimable(self, tx: Transaction, by: Connector, now: datetime, limit: int) -> list[Export]:
        """Exports that may be handed out now, oldest first, locked; those others are taking are left out."""
        table = order_export.c
        ready = and_(table.state == literal("READY", literal_execute=True), table.next_attempt_at <= now)
        offered = ready
        if by.policy.pulls and by.policy.deduplicates:
            expired = and_(
                table.state == literal("SENDING", literal_execute=True),
                table.lease_until <= now,
                table.attempt < by.max_attempts,
            )
            offered = or_(ready, expired)
        statement = select(order_export).where(table.connector_id == by.id, offered)
        statement = statement.order_by(table.id).limit(limit).with_for_update(skip_locked=True)
        return [_read(row) for row in await tx.all(statement)]

    async def expired(self, tx: Transaction, now: datetime, limit: int) -> list[Export]:
        """Exports whose lease ran out, locked; those others are moving are left out.

        What will be offered again by a claim is no business of the sweep.
        """
        table = order_export.c
        offered_again = exists().where(
            connector.c.id == table.connector_id,
            connector.c.protocol == "pull",
            connector.c.deduplicates_by_order_number,
            table.attempt < connector.c.max_attempts,
            table.state == State.SENDING.value,
        )
        statement = select(order_export).where(
            table.state.in_([state.value for state in LEASED]), table.lease_until <= now, ~offered_again
        )
        statement = statement.order_by(table.id).limit(limit).with_for_update(skip_locked=True)
        return [_read(row) for row in await tx.all(statement)]

    async def unknown(self, tx: Transaction, of: Connector, now: datetime, limit: int) -> list[Export]:
        """Exports of a connector whose outcome may be asked for now, locked."""
        table = order_export.c
        statement = select(order_export).where(
            table.connector_id == of.id, table.state == State.UNKNOWN.value, table.next_attempt_at <= now
        )
        statement = statement.order_by(table.id).limit(limit).with_for_update(skip_locked=True)
        return [_read(row) for row in await tx.all(statement)]

    async def page(
        self,
        reader: Reader,
        source: str | None,
        states: Sequence[str],
        order_id: str | None,
        before_id: str | None,
        limit: int,
    ) -> list[Export]:
        """Exports newest first, those older than `before_id`, one more than `limit`."""
        table = order_export.c
        statement = select(order_export).order_by(table.id.desc()).limit(limit + 1)
        if source is not None:
            statement = statement.where(table.source == source)
        if states:
            statement = statement.where(table.state.in_(states))
        if order_id is not None:
            statement = statement.where(table.order_id == order_id)
        if before_id is not None:
            statement = statement.where(table.id < before_id)
        return [_read(row) for row in await reader.all(statement)]

    async def chunk(self, tx: Transaction, after_id: str | None, limit: int) -> list[Export]:
        """Exports by id, locked: for republishing."""
        statement = select(order_export).order_by(order_export.c.id).limit(limit).with_for_update()
        if after_id is not None:
            statement = statement.where(order_export.c.id > after_id)
        return [_read(row) for row in await tx.all(statement)]
