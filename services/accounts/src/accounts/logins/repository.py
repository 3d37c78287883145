"""Logins and their one-time tokens ⇄ PostgreSQL."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from accounts.tables import login, one_time_token
from chassis.database import Reader, Transaction
from chassis.ids import new_id

Purpose = Literal["invitation", "reset"]


@dataclass(frozen=True, slots=True)
class Login:
    """A credential. Without a password hash nobody can log in with it yet."""

    id: str
    email: str
    name: str | None
    password_hash: str | None
    locale: str | None


def normal(email: str) -> str:
    """Mail addresses are compared without regard to case."""
    return email.strip().lower()


class LoginRepository:
    """Finds and stores logins."""

    async def by_email(self, reader: Reader, email: str) -> Login | None:
        """The login of a mail address."""
        return await self._one(reader, login.c.email == normal(email))

    async def by_id(self, reader: Reader, login_id: str) -> Login | None:
        """The login with an id."""
        return await self._one(reader, login.c.id == login_id)

    async def _one(self, reader: Reader, condition: object) -> Login | None:
        columns = (login.c.id, login.c.email, login.c.name, login.c.password_hash, login.c.locale)
        row = await reader.first(select(*columns).where(condition, ~login.c.deleted))  # type: ignore[arg-type]  # a column expression
        return Login(**row) if row else None

    async def ensure(self, tx: Transaction, email: str, name: str | None, locale: str | None) -> Login:
        """The login of a mail address, made if there is none; a name is only added where none was."""
        statement = insert(login).values(id=new_id(), email=normal(email), name=name, locale=locale)
        statement = statement.on_conflict_do_update(
            index_elements=["email"],
            set_={"name": func.coalesce(login.c.name, statement.excluded.name), "deleted": False},
        )
        await tx.execute(statement)
        found = await self.by_email(tx, email)
        assert found is not None
        return found

    async def set_password(
        self, tx: Transaction, login_id: str, password_hash: str, name: str | None
    ) -> None:
        """Stores a new password hash, and a name where one was given."""
        values = {"password_hash": password_hash} | ({"name": name} if name else {})
        await tx.execute(update(login).where(login.c.id == login_id).values(values))

    async def add_token(
        self, tx: Transaction, token_hash: bytes, purpose: Purpose, login_id: str, expires_at: datetime
    ) -> None:
        """Stores a single-use token; earlier unused ones of the purpose end."""
        same = (one_time_token.c.login_id == login_id, one_time_token.c.purpose == purpose)
        await tx.execute(
            update(one_time_token).where(*same, one_time_token.c.used_at.is_(None)).values(used_at=func.now())
        )
        await tx.execute(
            insert(one_time_token).values(
                token_hash=token_hash, purpose=purpose, login_id=login_id, expires_at=expires_at
            )
        )

    async def use_token(
        self, tx: Transaction, token_hash: bytes, purpose: Purpose, now: datetime
    ) -> str | None:
        """Marks a token as used and returns its login's id; None if it is unknown, used or over."""
        statement = (
            update(one_time_token)
            .where(
                one_time_token.c.token_hash == token_hash,
                one_time_token.c.purpose == purpose,
                one_time_token.c.used_at.is_(None),
                one_time_token.c.expires_at > now,
            )
            .values(used_at=now)
            .returning(one_time_token.c.login_id)
        )
        found: str | None = await tx.scalar(statement)
        return found
