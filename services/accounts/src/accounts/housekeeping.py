"""Forgets what can no longer count: ended sessions, used links, sent mails, old revocations."""

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, or_

from accounts.tables import mail, one_time_token, revocation, session
from chassis.clock import Clock, milliseconds
from chassis.database import Database

_SESSIONS: Final = timedelta(days=7)  # what is presented after that is refused as unknown
_LINKS: Final = timedelta(days=1)
_MAILS: Final = timedelta(days=30)
_REVOCATIONS: Final = timedelta(hours=1)  # as its topic; no access token lives that long


async def forget(database: Database, clock: Clock) -> None:
    """One round, each kind in a transaction of its own."""
    now = clock.now()
    over = now - _SESSIONS
    for statement in (
        delete(session).where(or_(session.c.expires_at < over, session.c.revoked_at < over)),
        delete(one_time_token).where(one_time_token.c.expires_at < now - _LINKS),
        delete(mail).where(mail.c.sent_at < now - _MAILS),
        delete(revocation).where(revocation.c.not_before < milliseconds(now - _REVOCATIONS)),
    ):
        async with database.transaction() as tx:
            await tx.execute(statement)
