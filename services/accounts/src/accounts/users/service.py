"""Use cases on users: invite, change, remove; by staff for any account, by account admins for their own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from accounts.customer_accounts.models import CustomerAccount
from accounts.customer_accounts.repository import CustomerAccountRepository
from accounts.errors import AccountNotFound, ManagedByErp, RoleNotFound, UserExists, UserNotFound
from accounts.invitations.service import InvitationService
from accounts.logins.repository import Login, LoginRepository
from accounts.revocations.repository import Revocations
from accounts.roles.models import Role
from accounts.roles.repository import RoleRepository
from accounts.users.models import User, UserChange, loses_rights
from accounts.users.publishing import outgoing
from accounts.users.repository import UserRepository
from chassis.audit import AuditTrail
from chassis.clock import Clock, next_version
from chassis.database import Database, Transaction
from chassis.etag import require_version
from chassis.ids import new_id
from chassis.principal import Principal
from eventing.outbox import Outbox


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody to become a user of an account."""

    account_id: str
    email: str
    name: str | None
    role_id: str
    sees_prices: bool
    sees_stock: bool
    locale: str | None
    send_mail: bool


@dataclass(frozen=True, slots=True)
class WantedChange:
    """A change as it was asked for; None leaves a field as it is."""

    role_id: str | None
    sees_prices: bool | None
    sees_stock: bool | None


def _shown(user: User) -> dict[str, object]:
    return {"role": user.role.code, "sees_prices": user.sees_prices, "sees_stock": user.sees_stock}


@dataclass(frozen=True, slots=True)
class UserStores:
    """The repositories users need."""

    users: UserRepository
    logins: LoginRepository
    roles: RoleRepository
    accounts: CustomerAccountRepository


class UserService:
    """Users. `account_id` is the scope of the caller: None for staff."""

    def __init__(
        self,
        database: Database,
        stores: UserStores,
        invitations: InvitationService,
        audit: AuditTrail,
        revocations: Revocations,
        outbox: Outbox,
        clock: Clock,
    ) -> None:
        self._database = database
        self._users = stores.users
        self._logins = stores.logins
        self._roles = stores.roles
        self._accounts = stores.accounts
        self._invitations = invitations
        self._audit = audit
        self._revocations = revocations
        self._outbox = outbox
        self._clock = clock

    async def page(self, account_id: str | None, after_id: str | None, limit: int) -> list[User]:
        """Users by id, one more than `limit`."""
        async with self._database.read() as reader:
            return await self._users.page(reader, account_id, after_id, limit)

    async def get(self, user_id: str, account_id: str | None) -> User:
        """One user. Raises UserNotFound."""
        async with self._database.read() as reader:
            found = await self._users.find(reader, user_id, account_id)
        if found is None:
            raise UserNotFound
        return found

    async def invite(self, principal: Principal, wanted: Invitation) -> User:
        """A new user, told by mail. Raises AccountNotFound, RoleNotFound, UserExists."""
        async with self._database.transaction() as tx:
            account = await self._accounts.find(tx, wanted.account_id)
            role = await self._roles.held(tx, wanted.role_id)
            if account is None:
                raise AccountNotFound
            if role is None or role.kind != "user":
                raise RoleNotFound
            login = await self._logins.ensure(tx, wanted.email, wanted.name, wanted.locale)
            user = await self._joined(tx, login, account, role, wanted)
            if wanted.send_mail:
                await self._invitations.invite(tx, login, account.name)
            await self._audit.record(tx, principal, "user.invited", "user", user.id, None, _shown(user))
            await self._outbox.put(tx, [outgoing(user)])
        return user

    async def send_invitations(self, principal: Principal, user_ids: Sequence[str]) -> list[str]:
        """Mails a link to each of these users who never logged in; returns whom, the others are left out."""
        told = []
        for user_id in dict.fromkeys(user_ids):  # who stands in the list twice gets one mail
            async with self._database.transaction() as tx:
                before = await self._users.locked(tx, user_id, None)
                login = await self._logins.by_id(tx, before.login_id) if before else None
                if before is None or login is None or before.first_login_at is not None:
                    continue
                now = self._clock.now()
                after = replace(before, invited_at=now, version=next_version(before.version, now))
                await self._users.save(tx, after)
                await self._invitations.invite(tx, login, after.account_name)
                await self._audit.record(tx, principal, "user.invited", "user", user_id, None, _shown(after))
                await self._outbox.put(tx, [outgoing(after)])
            told.append(user_id)
        return told

    async def change(
        self, principal: Principal, user_id: str, account_id: str | None, wanted: WantedChange, version: int
    ) -> User:
        """The changed user. Raises UserNotFound, RoleNotFound, ManagedByErp, PreconditionFailed."""
        async with self._database.transaction() as tx:
            before = await self._locked(tx, user_id, account_id, version)
            role = None
            if wanted.role_id is not None:
                role = await self._roles.held(tx, wanted.role_id)
                if role is None or role.kind != "user":
                    raise RoleNotFound
            change = UserChange(role, wanted.sees_prices, wanted.sees_stock)
            after = change.applied_to(before, next_version(before.version, self._clock.now()))
            await self._store(tx, principal, "user.changed", before, after)
        return after

    async def remove(self, principal: Principal, user_id: str, account_id: str | None, version: int) -> None:
        """Takes the membership away. Raises UserNotFound, ManagedByErp, PreconditionFailed."""
        async with self._database.transaction() as tx:
            before = await self._locked(tx, user_id, account_id, version)
            after = replace(before, deleted=True, version=next_version(before.version, self._clock.now()))
            await self._store(tx, principal, "user.removed", before, after)

    async def _joined(
        self, tx: Transaction, login: Login, account: CustomerAccount, role: Role, wanted: Invitation
    ) -> User:
        # Who comes back after a removal is a new user: nothing given to the former one counts again.
        now = self._clock.now()
        user = User(
            id=new_id(),
            version=next_version(None, now),
            login_id=login.id,
            email=login.email,
            name=wanted.name,
            login_name=login.name,
            account_id=account.id,
            account_number=account.number,
            account_name=account.name,
            currency=account.currency,
            block=account.block,
            role=role,
            managed_by="platform",
            sees_prices=wanted.sees_prices,
            sees_stock=wanted.sees_stock,
            invited_at=now if wanted.send_mail else None,
            first_login_at=None,
            last_login_on=None,
        )
        if not await self._users.add(tx, user):
            raise UserExists
        return user

    async def _locked(self, tx: Transaction, user_id: str, account_id: str | None, version: int) -> User:
        found = await self._users.locked(tx, user_id, account_id)
        if found is None:
            raise UserNotFound
        require_version(version, found.version)
        if found.managed_by == "erp":
            raise ManagedByErp
        return found

    async def _store(
        self, tx: Transaction, principal: Principal, action: str, before: User, after: User
    ) -> None:
        await self._users.save(tx, after)
        shown = None if after.deleted else _shown(after)
        await self._audit.record(tx, principal, action, "user", after.id, _shown(before), shown)
        await self._outbox.put(tx, [outgoing(after)])
        if loses_rights(before, after):
            await self._revocations.revoke(tx, "user", [after.id])
