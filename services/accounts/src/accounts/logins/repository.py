"""Logins and their one-time tokens ⇄ PostgreSQL."""

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from accounts.tables import login, member, one_time_token, reset_request
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


_LOGIN: Final = (login.c.id, login.c.email, login.c.name, login.c.password_hash, login.c.locale)
_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def normal(email: str) -> str:
    """Mail addresses are compared without regard to the case of a to z, as the database does for feeds."""
    return email.strip().translate(_LOWER)


def _usable(token_hash: bytes, purpose: Purpose, now: datetime) -> list[ColumnElement[bool]]:
    token = one_time_token.c
    return [
        token.token_hash == token_hash,
        token.purpose == purpose,
        token.used_at.is_(None),
        token.expires_at > now,
    ]


class LoginRepository:
    """Finds and stores logins."""

    async def by_email(self, reader: Reader, email: str) -> Login | None:
        """The login of a mail address."""
        return next(iter(await self.by_emails(reader, [email])), None)

    async def by_emails(self, reader: Reader, emails: Sequence[str]) -> list[Login]:
        """The logins of these mail addresses."""
        wanted = login.c.email.in_([normal(email) for email in emails])
        return [Login(**row) for row in await reader.all(select(*_LOGIN).where(wanted, ~login.c.deleted))]

    async def by_ids(self, reader: Reader, login_ids: Sequence[str]) -> dict[str, Login]:
        """The logins with these ids, by id."""
        statement = select(*_LOGIN).where(login.c.id.in_(login_ids), ~login.c.deleted)
        return {row["id"]: Login(**row) for row in await reader.all(statement)}

    async def unchanged(self, tx: Transaction, known: Login) -> bool:
        """Whether the login still has this password; it keeps it until the transaction ends."""
        statement = select(login.c.id).where(login.c.id == known.id, ~login.c.deleted)
        statement = statement.where(login.c.password_hash == known.password_hash)
        return await tx.scalar(statement.with_for_update(read=True)) is not None

    async def ensure(self, tx: Transaction, email: str, name: str | None, locale: str | None) -> Login:
        """The login of a mail address, made if there is none; a name is only added where none was."""
        return (await self.ensure_all(tx, [(email, name, locale)]))[normal(email)]

    async def ensure_all(
        self, tx: Transaction, people: Sequence[tuple[str, str | None, str | None]]
    ) -> dict[str, Login]:
        """The same for many, each with mail address, name and locale; by `normal` mail address."""
        wanted: dict[str, dict[str, str | None]] = {}
        for email, name, locale in people:
            same = wanted.setdefault(normal(email), {"id": new_id(), "name": name, "locale": locale})
            same["name"] = same["name"] or name
        if not wanted:
            return {}
        # In one order everywhere, so that two batches of the same people never wait for each other.
        statement = insert(login).values([{"email": email, **wanted[email]} for email in sorted(wanted)])
        statement = statement.on_conflict_do_update(
            index_elements=["email"],
            set_={"name": func.coalesce(login.c.name, statement.excluded.name), "deleted": False},
        )
        return {row["email"]: Login(**row) for row in await tx.all(statement.returning(*_LOGIN))}

    async def set_password(
        self, tx: Transaction, login_id: str, password_hash: str, name: str | None
    ) -> None:
        """Stores a new password hash, and a name where one was given: its users without one have it then."""
        values = {"password_hash": password_hash} | ({"name": name} if name else {})
        await tx.execute(update(login).where(login.c.id == login_id).values(values))
        if name:
            nameless = (member.c.login_id == login_id, member.c.name.is_(None))
            await tx.execute(update(member).where(*nameless).values(name=name))

    async def note_reset(self, tx: Transaction, email: str) -> None:
        """Somebody asks for a reset; asked again before it is answered, it is one."""
        await tx.execute(insert(reset_request).values(email=normal(email)).on_conflict_do_nothing())

    async def take_resets(self, tx: Transaction, limit: int) -> Sequence[str]:
        """Mail addresses that resets were asked for; they are forgotten when the transaction commits."""
        table = reset_request
        next_ones = select(table.c.email).order_by(table.c.created_at).limit(limit)
        next_ones = next_ones.with_for_update(skip_locked=True)
        statement = delete(table).where(table.c.email.in_(next_ones.scalar_subquery()))
        return await tx.scalars(statement.returning(table.c.email))

    async def add_tokens(
        self, tx: Transaction, purpose: Purpose, hashes: Mapping[str, bytes], expires_at: datetime
    ) -> None:
        """Stores a single-use token for each login, by its id; earlier unused ones of the purpose end."""
        if not hashes:
            return
        same = (one_time_token.c.login_id.in_(hashes), one_time_token.c.purpose == purpose)
        await tx.execute(
            update(one_time_token).where(*same, one_time_token.c.used_at.is_(None)).values(used_at=func.now())
        )
        rows = [
            {"token_hash": token_hash, "purpose": purpose, "login_id": login_id, "expires_at": expires_at}
            for login_id, token_hash in hashes.items()
        ]
        await tx.execute(insert(one_time_token), rows)

    async def token_usable(self, reader: Reader, token_hash: bytes, purpose: Purpose, now: datetime) -> bool:
        """Whether a token could be used now."""
        return (
            await reader.scalar(select(one_time_token.c.login_id).where(*_usable(token_hash, purpose, now)))
            is not None
        )

    async def use_token(
        self, tx: Transaction, token_hash: bytes, purpose: Purpose, now: datetime
    ) -> str | None:
        """Marks a token as used and returns its login's id; None if it is unknown, used or over."""
        statement = (
            update(one_time_token)
            .where(*_usable(token_hash, purpose, now))
            .values(used_at=now)
            .returning(one_time_token.c.login_id)
        )
        found: str | None = await tx.scalar(statement)
        return found
