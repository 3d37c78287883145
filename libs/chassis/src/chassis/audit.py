"""Audit: who changed what, with before and after, written in the transaction of the change."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Self

from sqlalchemy import RowMapping, Table, insert, select

from chassis import context
from chassis.clock import Clock
from chassis.database import Reader, Transaction
from chassis.ids import new_id
from chassis.models import Answer
from chassis.principal import Principal

Change = tuple[str, Mapping[str, Any] | None, Mapping[str, Any] | None]
"""An object's id, and the object before and after."""


class AuditTrail:
    """The trail of one service: `table` has the columns of `AuditEntry`."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
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
        await self.record_all(tx, principal, action, object_kind, [(object_id, before, after)])

    async def record_all(
        self,
        tx: Transaction,
        principal: Principal,
        action: str,
        object_kind: str,
        changes: Sequence[Change],
    ) -> None:
        """One row for each object that the same was done to."""
        if not changes:
            return
        same = {
            "at": self._clock.now(),
            "caller": principal.caller.value,
            "subject": principal.subject,
            "actor": principal.actor,
            "action": action,
            "object_kind": object_kind,
            "request_id": context.request_id.get(),
        }
        rows = [
            {**same, "id": new_id(), "object_id": object_id, "before": before, "after": after}
            for object_id, before, after in changes
        ]
        await tx.execute(insert(self._table), rows)

    async def page(
        self,
        reader: Reader,
        object_kind: str | None,
        object_id: str | None,
        before_id: str | None,
        limit: int,
    ) -> Sequence[RowMapping]:
        """Rows newest first, those older than `before_id`, one more than `limit`."""
        audit = self._table
        statement = select(audit).order_by(audit.c.id.desc()).limit(limit + 1)
        if object_kind is not None:
            statement = statement.where(audit.c.object_kind == object_kind)
        if object_id is not None:
            statement = statement.where(audit.c.object_id == object_id)
        if before_id is not None:
            statement = statement.where(audit.c.id < before_id)
        return await reader.all(statement)


class AuditEntry(Answer):
    """Who changed what, and how it was before and after."""

    id: str
    at: datetime
    caller: str
    subject: str
    actor: str | None
    action: str
    object_kind: str
    object_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    request_id: str | None

    @classmethod
    def of(cls, row: RowMapping) -> Self:
        """The wire form of a row."""
        return cls(**row)
