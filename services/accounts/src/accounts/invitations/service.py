"""Use cases of single-use links: invite, ask for a reset, set the password."""

import hashlib
import secrets
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

    async def invite(self, tx: Transaction, login: Login, account_name: str | None) -> None:
        """Mails a link, as part of the transaction that makes or invites the user."""
        await self._send(tx, login, "invitation", self._policy.invitation, {"account": account_name})

    async def ask_for_reset(self, email: str) -> None:
        """Has a link mailed if there is such a login, which the worker finds out: here all take as long."""
        async with self._database.transaction() as tx:
            await self._logins.note_reset(tx, email)

    async def answer_resets(self) -> int:
        """Mails links to those among the askers who have a login; returns how many had asked."""
        async with self._database.transaction() as tx:
            asked = await self._logins.take_resets(tx, _RESETS_AT_ONCE)
            for email in asked:
                login = await self._logins.by_email(tx, email)
                if login is not None:
                    await self._send(tx, login, "reset", self._policy.reset, {})
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
        login: Login,
        purpose: Purpose,
        lifetime: timedelta,
        values: dict[str, str | None],
    ) -> None:
        token = secrets.token_urlsafe(32)
        until = self._clock.now() + lifetime
        await self._logins.add_token(tx, _hash(token), purpose, login.id, until)
        link = self._policy.address.replace("{token}", token).replace("{purpose}", purpose)
        known = {"name": login.name, "link": link, "until": f"{until:%Y-%m-%d %H:%M} UTC"}
        await self._mails.put(tx, login.email, purpose, {**values, **known})


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _check_strength(password: str) -> None:
    if len(password) < MIN_PASSWORD_LENGTH or len(set(password)) < 5:
        message = f"at least {MIN_PASSWORD_LENGTH} characters, not all alike"
        raise PasswordTooWeak(errors=[FieldError("password_too_weak", message, "/password")])
