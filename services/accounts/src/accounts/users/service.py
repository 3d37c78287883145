"""Use cases on users: invite, change, remove; by staff for any account, by account admins for their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from accounts.customer_accounts.models import CustomerAccount
from accounts.customer_accounts.repository import CustomerAccountRepository
from accounts.errors import AccountNotFound, ManagedByErp, RoleNotFound, UserExists, UserNotFound
from accounts.invitations.service import InvitationService
from accounts.logins.repository import Login, LoginRepository, normal
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
from chassis.failures import Failure
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


Refused = AccountNotFound | RoleNotFound | UserExists
"""Why an invitation makes no user."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an invited person comes to stand."""

    account: CustomerAccount
    role: Role


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
        (outcome,) = await self.invite_all(principal, [wanted])
        if isinstance(outcome, Failure):
            raise outcome
        return outcome

    async def invite_all(self, principal: Principal, wanted: Sequence[Invitation]) -> list[User | Refused]:
        """What became of each, in their order: a new user, told by mail, or why there is none.

        A thousand fit into one request: statements are for all of them, and the refused ones leave nothing.
        """
        async with self._database.transaction() as tx:
            places = await self._places(tx, wanted)
            pairs = list(zip(places, wanted, strict=True))
            people = [(one.email, one.name, one.locale) for place, one in pairs if isinstance(place, _Place)]
            logins = await self._logins.ensure_all(tx, people)
            outcomes = [
                self._joining(logins[normal(one.email)], place, one) if isinstance(place, _Place) else place
                for place, one in pairs
            ]
            users = [outcome for outcome in outcomes if isinstance(outcome, User)]
            added = await self._users.add(tx, users)
            known = {login.id: login for login in logins.values()}
            await self._tell(tx, principal, [user for user in users if user.id in added], known)
        # Who is missing now became a user of the account in the same moment by another way.
        return [UserExists() if isinstance(one, User) and one.id not in added else one for one in outcomes]

    async def send_invitations(self, principal: Principal, user_ids: Sequence[str]) -> list[str]:
        """Mails a link to each of these users who never logged in; returns whom, the others are left out."""
        async with self._database.transaction() as tx:
            known = await self._users.locked_all(tx, user_ids, None)
            logins = await self._logins.by_ids(tx, [user.login_id for user in known.values()])
            now = self._clock.now()
            invited = [
                replace(user, invited_at=now, version=next_version(user.version, now))
                # Who stands in the list twice gets one mail.
                for user in (known[user_id] for user_id in dict.fromkeys(user_ids) if user_id in known)
                if user.first_login_at is None and user.login_id in logins
            ]
            await self._users.save(tx, invited)
            await self._tell(tx, principal, invited, logins)
        return [user.id for user in invited]

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

    async def _places(self, tx: Transaction, wanted: Sequence[Invitation]) -> list[_Place | Refused]:
        """Where each would stand; of the same person and account only the first, and nobody twice."""
        found = await self._accounts.by_ids(tx, list({one.account_id for one in wanted}))
        accounts = {account.id: account for account in found if not account.deleted}
        held = await self._roles.held_all(tx, [one.role_id for one in wanted])
        roles = {role.id: role for role in held.values() if role.kind == "user"}
        taken = await self._users.places(tx, [normal(one.email) for one in wanted])
        places: list[_Place | Refused] = []
        for one in wanted:
            person = (normal(one.email), one.account_id)
            if one.account_id not in accounts:
                places.append(AccountNotFound())
            elif one.role_id not in roles:
                places.append(RoleNotFound())
            elif person in taken:
                places.append(UserExists())
            else:
                places.append(_Place(accounts[one.account_id], roles[one.role_id]))
                taken.add(person)
        return places

    async def _tell(
        self, tx: Transaction, principal: Principal, users: Sequence[User], logins: Mapping[str, Login]
    ) -> None:
        """Mails, audit rows and events of users who have just been invited."""
        mailed = [user for user in users if user.invited_at is not None]
        await self._invitations.invite(tx, [(logins[user.login_id], user.account_name) for user in mailed])
        changes = [(user.id, None, _shown(user)) for user in users]
        await self._audit.record_all(tx, principal, "user.invited", "user", changes)
        await self._outbox.put(tx, [outgoing(user) for user in users])

    def _joining(self, login: Login, place: _Place, wanted: Invitation) -> User:
        # Who comes back after a removal is a new user: nothing given to the former one counts again.
        now = self._clock.now()
        account = place.account
        return User(
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
            role=place.role,
            managed_by="platform",
            sees_prices=wanted.sees_prices,
            sees_stock=wanted.sees_stock,
            invited_at=now if wanted.send_mail else None,
            first_login_at=None,
            last_login_on=None,
        )

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
        await self._users.save(tx, [after])
        shown = None if after.deleted else _shown(after)
        await self._audit.record(tx, principal, action, "user", after.id, _shown(before), shown)
        await self._outbox.put(tx, [outgoing(after)])
        if loses_rights(before, after):
            await self._revocations.revoke(tx, "user", [after.id])
