"""Use cases of single-use links: invite, ask for a reset, set the password."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from accounts.errors import PasswordTooWeak, TokenNotUsable
from accounts.logins.repository import Login, LoginRepository, Purpose
from accounts.mails.repository import MailQueue
from accounts.passwords.hashing import MIN_PASSWORD_LENGTH, PasswordHashing
from accounts.revocations.repository import Revocations
from accounts.sessions.repository import SessionRepository
from chassis.clock import Clock
from chassis.database import Database, Transaction
from chassis.failures import FieldError

_RESETS_AT_ONCE: Final = 50


@dataclass(frozen=True)
class LinkPolicy:
    """How long links can be used, and where they lead; `{token}` in the address is replaced."""

    invitation: timedelta
    reset: timedelta
    address: str


class InvitationService:
    """Links that let a person set a password."""

    def __init__(
        self,
        database: Database,
        logins: LoginRepository,
        sessions: SessionRepository,
        passwords: PasswordHashing,
        mails: MailQueue,
        revocations: Revocations,
        policy: LinkPolicy,
        clock: Clock,
    ) -> None:
        self._database = database
        self._logins = logins
        self._sessions = sessions
        self._passwords = passwords
        self._mails = mails
        self._revocations = revocations
        self._policy = policy
        self._clock = clock

    async def invite(self, tx: Transaction, invited: Sequence[tuple[Login, str | None]]) -> None:
        """Mails links into accounts of these names, in the transaction that makes or invites the users."""
        letters = [(login, {"account": account_name}) for login, account_name in invited]
        await self._send(tx, "invitation", self._policy.invitation, letters)

    async def ask_for_reset(self, email: str) -> None:
        """Has a link mailed if there is such a login, which the worker finds out: here all take as long."""
        async with self._database.transaction() as tx:
            await self._logins.note_reset(tx, email)

    async def answer_resets(self) -> int:
        """Mails links to those among the askers who have a login; returns how many had asked."""
        async with self._database.transaction() as tx:
            asked = await self._logins.take_resets(tx, _RESETS_AT_ONCE)
            known = await self._logins.by_emails(tx, asked)
            await self._send(tx, "reset", self._policy.reset, [(login, {}) for login in known])
        return len(asked)

    async def set_password(self, token: str, password: str, name: str | None, purpose: Purpose) -> None:
        """Uses the link; all sessions of the login end. Raises TokenNotUsable, PasswordTooWeak, LoginBusy."""
        _check_strength(password)
        # Before hashing: made-up links shall not keep people from logging in.
        async with self._database.read() as reader:
            if not await self._logins.token_usable(reader, _hash(token), purpose, self._clock.now()):
                raise TokenNotUsable
        encoded = await self._passwords.hash(password)
        async with self._database.transaction() as tx:
            login_id = await self._logins.use_token(tx, _hash(token), purpose, self._clock.now())
            if login_id is None:
                raise TokenNotUsable
            await self._logins.set_password(tx, login_id, encoded, name)
            await self._sessions.revoke_login(tx, login_id, self._clock.now())
            await self._revocations.revoke(tx, "login", [login_id])

    async def _send(
        self,
        tx: Transaction,
        purpose: Purpose,
        lifetime: timedelta,
        letters: Sequence[tuple[Login, Mapping[str, str | None]]],
    ) -> None:
        until = self._clock.now() + lifetime
        # Who is written to twice gets one link: a later one would end the first.
        tokens = {login.id: secrets.token_urlsafe(32) for login, _ in letters}
        await self._logins.add_tokens(
            tx, purpose, {login_id: _hash(token) for login_id, token in tokens.items()}, until
        )
        address = self._policy.address.replace("{purpose}", purpose)
        shown = f"{until:%Y-%m-%d %H:%M} UTC"
        mails = [
            (login.email, {**values, "name": login.name, "link": link, "until": shown})
            for login, values in letters
            for link in [address.replace("{token}", tokens[login.id])]
        ]
        await self._mails.put(tx, purpose, mails)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _check_strength(password: str) -> None:
    if len(password) < MIN_PASSWORD_LENGTH or len(set(password)) < 5:
        message = f"at least {MIN_PASSWORD_LENGTH} characters, not all alike"
        raise PasswordTooWeak(errors=[FieldError("password_too_weak", message, "/password")])
