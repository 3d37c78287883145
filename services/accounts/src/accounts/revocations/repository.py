"""Revocations ⇄ PostgreSQL, and their urgent events."""

from collections.abc import Sequence

from sqlalchemy import RowMapping, func, select
from sqlalchemy.dialects.postgresql import insert

from accounts import events
from accounts.events import RevocationState, SubjectKind
from accounts.tables import revocation
from chassis.clock import Clock, milliseconds
from chassis.database import Reader, Transaction
from eventing.outbox import Outbox, Outgoing


def outgoing(row: RowMapping) -> Outgoing:
    """A revocation as an event; its moment is its version."""
    return Outgoing(events.REVOCATION, row["id"], row["not_before"], RevocationState(**row))


class Revocations:
    """Ends the access tokens of a subject, in the transaction that takes its rights away."""

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self._outbox = outbox
        self._clock = clock

    async def revoke(self, tx: Transaction, kind: SubjectKind, subject_ids: Sequence[str]) -> None:
        """Tokens of these subjects issued until now end at the gateway within a second."""
        # One millisecond on: a token issued in this very millisecond ends too.
        not_before = milliseconds(self._clock.now()) + 1
        # In one order everywhere, so that two revocations of many never wait for each other.
        values = [
            {"id": f"{kind}:{one}", "subject_kind": kind, "subject_id": one, "not_before": not_before}
            for one in sorted(set(subject_ids))
        ]
        if not values:
            return
        statement = insert(revocation).values(values)
        latest = func.greatest(revocation.c.not_before + 1, statement.excluded.not_before)
        statement = statement.on_conflict_do_update(index_elements=["id"], set_={"not_before": latest})
        stored = await tx.all(statement.returning(*revocation.c))
        await self._outbox.put(tx, [outgoing(row) for row in stored])

    async def since(self, reader: Reader, moment: int) -> Sequence[RowMapping]:
        """Revocations from a moment (milliseconds) on, oldest first."""
        return await reader.all(
            select(revocation).where(revocation.c.not_before >= moment).order_by(revocation.c.not_before)
        )
