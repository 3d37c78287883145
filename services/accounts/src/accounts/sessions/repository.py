"""Sessions ⇄ PostgreSQL."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import insert, select, update

from accounts.sessions.models import Session
from accounts.tables import session
from chassis.database import Transaction
from chassis.principal import Caller


class SessionRepository:
    """Stores refresh families."""

    async def locked(self, tx: Transaction, session_id: str) -> Session | None:
        """The session, locked until the transaction ends."""
        columns = [session.c[name] for name in Session.__dataclass_fields__]
        row = await tx.first(select(*columns).where(session.c.id == session_id).with_for_update())
        return Session(**{**row, "caller": Caller(row["caller"])}) if row else None

    async def add(self, tx: Transaction, model: Session, token_hash: bytes) -> None:
        """Stores a new session."""
        await tx.execute(insert(session).values(**asdict(model), token_hash=token_hash))

    async def rotate(
        self, tx: Transaction, session_id: str, generation: int, token_hash: bytes, now: datetime
    ) -> None:
        """The next generation is the present one."""
        await tx.execute(
            update(session)
            .where(session.c.id == session_id)
            .values(generation=generation, token_hash=token_hash, rotated_at=now)
        )

    async def revoke(self, tx: Transaction, session_id: str, now: datetime) -> None:
        """Ends one session."""
        await tx.execute(
            update(session)
            .where(session.c.id == session_id, session.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )

    async def revoke_subjects(self, tx: Transaction, subjects: Sequence[str], now: datetime) -> None:
        """Ends every session of these users or staff."""
        await tx.execute(
            update(session)
            .where(session.c.subject.in_(subjects), session.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )

    async def revoke_login(self, tx: Transaction, login_id: str, now: datetime) -> None:
        """Ends every session of a login."""
        await tx.execute(
            update(session)
            .where(session.c.login_id == login_id, session.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )
