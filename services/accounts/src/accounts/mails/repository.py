"""The mail outbox ⇄ PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, insert, select, update

from accounts.tables import mail
from chassis.clock import Clock
from chassis.database import Transaction
from chassis.ids import new_id


class MailQueue:
    """Mails leave when the transaction that asked for them has committed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def put(
        self, tx: Transaction, template: str, letters: Sequence[tuple[str, dict[str, Any]]]
    ) -> None:
        """Asks for mails made of one template: to each recipient with its values."""
        if not letters:
            return
        same = {"template": template, "next_attempt_at": self._clock.now()}
        rows = [
            {**same, "id": new_id(), "recipient": recipient, "values": values}
            for recipient, values in letters
        ]
        await tx.execute(insert(mail), rows)

    async def due(self, tx: Transaction, limit: int) -> Sequence[RowMapping]:
        """Mails to be sent now, locked so that no other worker sends them too."""
        waiting = select(mail).where(mail.c.sent_at.is_(None), mail.c.next_attempt_at <= self._clock.now())
        return await tx.all(
            waiting.order_by(mail.c.next_attempt_at).limit(limit).with_for_update(skip_locked=True)
        )

    async def sent(self, tx: Transaction, mail_id: str, at: datetime) -> None:
        """It was handed over; its values, the link among them, are forgotten."""
        await tx.execute(update(mail).where(mail.c.id == mail_id).values(sent_at=at, values={}))

    async def failed(self, tx: Transaction, mail_id: str, attempts: int, error: str) -> None:
        """It was not; the next attempt waits twice as long, an hour at most."""
        wait = timedelta(seconds=min(3600, 5 * 2**attempts))
        await tx.execute(
            update(mail)
            .where(mail.c.id == mail_id)
            .values(attempts=attempts + 1, last_error=error[:500], next_attempt_at=self._clock.now() + wait)
        )
