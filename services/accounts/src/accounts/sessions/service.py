"""Use cases of sessions: log in, refresh, switch the account, log out; for users and for staff."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from accounts.channels.repository import ChannelRepository
from accounts.errors import LoginFailed, NoAccount, SessionEnded, UnknownChannel
from accounts.events import LOGIN, LoginNotice, SubjectKind
from accounts.logins.repository import Login, LoginRepository
from accounts.passwords.hashing import PasswordHashing
from accounts.revocations.repository import Revocations
from accounts.sessions.models import RefreshToken, RefreshTokens, Session, Verdict, judge
from accounts.sessions.repository import SessionRepository
from accounts.sessions.tokens import AccessToken, TokenIssuer
from accounts.staff.repository import StaffRepository
from accounts.users.models import User
from accounts.users.publishing import outgoing
from accounts.users.repository import UserRepository
from chassis.clock import Clock, next_version
from chassis.database import Database, Transaction
from chassis.ids import new_id
from chassis.principal import Caller, Principal
from eventing.notices import NoticeSender
from eventing.outbox import Outbox


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """How long a session lives, how long the last refresh token but one is taken, and where days begin."""

    lifetime: timedelta
    grace: timedelta
    time_zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody logs in with."""

    email: str
    password: str
    channel: str
    channel_secret: str | None
    account_id: str | None


@dataclass(frozen=True, slots=True)
class Granted:
    """Tokens for a principal."""

    access: AccessToken
    refresh_token: str
    principal: Principal


@dataclass(frozen=True, slots=True)
class SessionStores:
    """The repositories sessions need."""

    logins: LoginRepository
    users: UserRepository
    staff: StaffRepository
    channels: ChannelRepository
    sessions: SessionRepository


def principal_of(user: User, channel_id: str | None) -> Principal:
    """A user as the principal of a token."""
    return Principal(
        caller=Caller.USER,
        subject=user.id,
        permissions=user.permissions(),
        issued_at=0,
        expires_at=0,
        token="",
        login_id=user.login_id,
        account_id=user.account_id,
        role_id=user.role.id,
        channel_id=channel_id,
    )


class SessionService:
    """Logging in and staying logged in. Failures do not tell whether a login exists."""

    def __init__(
        self,
        database: Database,
        stores: SessionStores,
        passwords: PasswordHashing,
        issuer: TokenIssuer,
        refresh_tokens: RefreshTokens,
        revocations: Revocations,
        outbox: Outbox,
        notices: NoticeSender,
        policy: SessionPolicy,
        clock: Clock,
    ) -> None:
        self._database = database
        self._stores = stores
        self._passwords = passwords
        self._issuer = issuer
        self._refresh_tokens = refresh_tokens
        self._revocations = revocations
        self._outbox = outbox
        self._notices = notices
        self._policy = policy
        self._clock = clock

    async def log_in(self, credentials: Credentials) -> Granted:
        """Raises UnknownChannel, LoginFailed, NoAccount, LoginBusy."""
        async with self._database.read() as reader:
            channel = await self._stores.channels.by_code(reader, credentials.channel)
        if channel is None or not channel.admits(credentials.channel_secret):
            raise UnknownChannel
        login = await self._proven(credentials, channel.id)
        async with self._database.transaction() as tx:
            if not await self._stores.logins.unchanged(tx, login):
                raise LoginFailed
            user = await self._admitted(tx, login.id, credentials.account_id)
            granted = await self._opened(tx, principal_of(user, channel.id))
        self._tell(login.id, channel.id, user)
        return granted

    async def log_in_staff(self, credentials: Credentials) -> Granted:
        """Raises LoginFailed, LoginBusy."""
        login = await self._proven(credentials, None)
        async with self._database.transaction() as tx:
            unchanged = await self._stores.logins.unchanged(tx, login)
            member = await self._stores.staff.held_of_login(tx, login.id)
            if member is None or not unchanged:
                raise LoginFailed
            return await self._opened(tx, member.principal())

    async def refresh(self, text: str, caller: Caller, channel_secret: str | None = None) -> Granted:
        """New tokens for a refresh token; an older one ends its family.

        Raises SessionEnded, and UnknownChannel without the secret of a confidential channel.
        """
        token = RefreshToken.parse(text)
        if token is None or not self._refresh_tokens.genuine(token):
            raise SessionEnded
        async with self._database.transaction() as tx:
            granted = await self._refreshed(tx, token, caller, channel_secret)
        # The family's end must be committed, so the refusal comes after the transaction.
        if granted is None:
            raise SessionEnded
        return granted

    async def switch_account(self, principal: Principal, account_id: str) -> Granted:
        """A session for another account of the same login. Raises NoAccount."""
        async with self._database.transaction() as tx:
            user = await self._admitted(tx, principal.login_id or "", account_id)
            return await self._opened(tx, principal_of(user, principal.channel_id))

    async def log_out(self, principal: Principal, text: str | None) -> None:
        """Ends the token's session, or every session of the login, and the access tokens given so far."""
        token = RefreshToken.parse(text) if text else None
        async with self._database.transaction() as tx:
            if text is None:
                login_id = principal.login_id or ""
                await self._stores.sessions.revoke_login(tx, login_id, self._clock.now())
                await self._revocations.revoke(tx, "login", [login_id])
                return
            if token is not None and self._refresh_tokens.genuine(token):
                await self._stores.sessions.revoke(tx, token.session_id, self._clock.now())
            kind: SubjectKind = "user" if principal.caller is Caller.USER else "staff"
            await self._revocations.revoke(tx, kind, [principal.subject])

    async def accounts_of(self, principal: Principal) -> list[User]:
        """Every user the caller's login is, where the account is open."""
        async with self._database.read() as reader:
            users = await self._stores.users.of_login(reader, principal.login_id or "")
        return [user for user in users if user.block != "access"]

    async def _proven(self, credentials: Credentials, channel_id: str | None) -> Login:
        async with self._database.read() as reader:
            login = await self._stores.logins.by_email(reader, credentials.email)
        right = await self._passwords.verify(credentials.password, login.password_hash if login else None)
        if login is not None and not right:
            self._tell(login.id, channel_id, None)
        if login is None or not right:
            raise LoginFailed
        return login

    def _tell(self, login_id: str, channel_id: str | None, user: User | None) -> None:
        """A notice for the figures; it may get lost."""
        notice = LoginNotice(
            login_id=login_id,
            user_id=user.id if user else None,
            account_id=user.account_id if user else None,
            channel_id=channel_id,
            at=self._clock.now(),
            succeeded=user is not None,
        )
        self._notices.send(LOGIN, login_id, notice)

    async def _refreshed(
        self, tx: Transaction, token: RefreshToken, caller: Caller, channel_secret: str | None
    ) -> Granted | None:
        session = await self._stores.sessions.locked(tx, token.session_id)
        now = self._clock.now()
        if session is None or session.caller is not caller:
            return None
        verdict = judge(session, token.generation, now, self._policy.grace)
        if verdict is Verdict.REUSED:
            await self._stores.sessions.revoke(tx, session.id, now)
            await self._revocations.revoke(tx, "login", [session.login_id])
        if verdict in (Verdict.REUSED, Verdict.ENDED):
            return None
        principal = await self._principal_of(tx, session, channel_secret)
        if principal is None:
            return None
        generation = session.generation
        if verdict is Verdict.ROTATE:
            generation += 1
            stored = self._refresh_tokens.hash(session.id, generation)
            await self._stores.sessions.rotate(tx, session.id, generation, stored, now)
        return await self._granted(principal, session.id, generation)

    async def _principal_of(
        self, tx: Transaction, session: Session, channel_secret: str | None
    ) -> Principal | None:
        if session.caller is Caller.STAFF:
            member = await self._stores.staff.held(tx, session.subject)
            return member.principal() if member else None
        channel = await self._stores.channels.find(tx, session.channel_id or "")
        if channel is None:
            return None
        if not channel.admits(channel_secret):
            raise UnknownChannel
        user = await self._stores.users.held(tx, session.subject)
        # A feed may have given the user to another person since.
        if user is None or user.block == "access" or user.login_id != session.login_id:
            return None
        await self._note_login(tx, user)
        return principal_of(user, session.channel_id)

    async def _admitted(self, tx: Transaction, login_id: str, account_id: str | None) -> User:
        """The user a login goes on as. Whoever takes its rights waits, so that revocation comes after."""
        chosen = _chosen(await self._stores.users.of_login(tx, login_id), account_id)
        user = await self._stores.users.held(tx, chosen.id)
        if user is None or user.block == "access":
            raise NoAccount
        await self._note_login(tx, user)
        return user

    async def _note_login(self, tx: Transaction, user: User) -> None:
        now = self._clock.now()
        today: date = now.astimezone(self._policy.time_zone).date()
        seen = user.logged_in(now, today, next_version(user.version, now))
        if seen is not user:
            await self._stores.users.save(tx, [seen])
            await self._outbox.put(tx, [outgoing(seen)])

    async def _opened(self, tx: Transaction, principal: Principal) -> Granted:
        now: datetime = self._clock.now()
        session = Session(
            id=new_id(),
            login_id=principal.login_id or "",
            caller=principal.caller,
            subject=principal.subject,
            channel_id=principal.channel_id,
            generation=1,
            rotated_at=now,
            expires_at=now + self._policy.lifetime,
            revoked_at=None,
        )
        await self._stores.sessions.add(tx, session, self._refresh_tokens.hash(session.id, 1))
        return await self._granted(principal, session.id, 1)

    async def _granted(self, principal: Principal, session_id: str, generation: int) -> Granted:
        access = await self._issuer.issue(principal)
        return Granted(access, self._refresh_tokens.text(session_id, generation), principal)


def _chosen(users: list[User], account_id: str | None) -> User:
    """The user of the account asked for, else the one who logged in last."""
    open_ones = [user for user in users if user.block != "access"]
    if account_id is not None:
        open_ones = [user for user in open_ones if user.account_id == account_id]
    if not open_ones:
        raise NoAccount
    return max(open_ones, key=lambda user: user.last_login_on or date.min)
