"""Audit rows ⇄ PostgreSQL."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, insert, select

from chassis import context
from chassis.clock import Clock
from chassis.database import Reader, Transaction
from chassis.ids import new_id
from chassis.principal import Principal
from pricing.tables import audit


class AuditTrail:
    """Writes who did what, in the transaction that does it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def record(
        self,
        tx: Transaction,
        principal: Principal,
        action: str,
        object_kind: str,
        object_id: str,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
    ) -> None:
        """One row; `before` and `after` are JSON objects without secrets."""
        await tx.execute(
            insert(audit).values(
                id=new_id(),
                at=self._clock.now(),
                caller=principal.caller.value,
                subject=principal.subject,
                actor=principal.actor,
                action=action,
                object_kind=object_kind,
                object_id=object_id,
                before=before,
                after=after,
                request_id=context.request_id.get(),
            )
        )

    async def page(
        self,
        reader: Reader,
        object_kind: str | None,
        object_id: str | None,
        before_id: str | None,
        limit: int,
    ) -> Sequence[RowMapping]:
        """Rows newest first, those older than `before_id`, one more than `limit`."""
        statement = select(audit).order_by(audit.c.id.desc()).limit(limit + 1)
        if object_kind is not None:
            statement = statement.where(audit.c.object_kind == object_kind)
        if object_id is not None:
            statement = statement.where(audit.c.object_id == object_id)
        if before_id is not None:
            statement = statement.where(audit.c.id < before_id)
        return await reader.all(statement)
