"""Use cases on staff: invite, change the role, remove."""

from dataclasses import replace

from accounts.errors import LastAdministrator, RoleNotFound, StaffExists, StaffNotFound
from accounts.invitations.service import InvitationService
from accounts.logins.repository import Login, LoginRepository
from accounts.revocations.repository import Revocations
from accounts.roles.models import Role
from accounts.roles.repository import RoleRepository
from accounts.staff.models import StaffMember
from accounts.staff.repository import StaffRepository
from chassis.audit import AuditTrail
from chassis.clock import Clock, next_version
from chassis.database import Database, Transaction
from chassis.etag import require_version
from chassis.ids import new_id
from chassis.principal import Principal


def _shown(member: StaffMember) -> dict[str, object]:
    return {"role": member.role.code}


class StaffService:
    """Staff as an administrator sees and changes them."""

    def __init__(
        self,
        database: Database,
        staff: StaffRepository,
        logins: LoginRepository,
        roles: RoleRepository,
        invitations: InvitationService,
        audit: AuditTrail,
        revocations: Revocations,
        clock: Clock,
    ) -> None:
        self._database = database
        self._staff = staff
        self._logins = logins
        self._roles = roles
        self._invitations = invitations
        self._audit = audit
        self._revocations = revocations
        self._clock = clock

    async def page(self, after_id: str | None, limit: int) -> list[StaffMember]:
        """Staff by id, one more than `limit`."""
        async with self._database.read() as reader:
            return await self._staff.page(reader, after_id, limit)

    async def get(self, staff_id: str) -> StaffMember:
        """One member. Raises StaffNotFound."""
        async with self._database.read() as reader:
            found = await self._staff.find(reader, staff_id)
        if found is None:
            raise StaffNotFound
        return found

    async def invite(self, principal: Principal, email: str, name: str | None, role_id: str) -> StaffMember:
        """A new member, told by mail. Raises RoleNotFound, StaffExists."""
        async with self._database.transaction() as tx:
            role = await self._role(tx, role_id)
            login = await self._logins.ensure(tx, email, name, None)
            member = await self._joined(tx, login, role)
            await self._invitations.invite(tx, [(login, None)])
            await self._audit.record(tx, principal, "staff.invited", "staff", member.id, None, _shown(member))
        return member

    async def change_role(
        self, principal: Principal, staff_id: str, role_id: str, version: int
    ) -> StaffMember:
        """The changed member. Raises StaffNotFound, RoleNotFound, PreconditionFailed, LastAdministrator."""
        async with self._database.transaction() as tx:
            before = await self._locked(tx, staff_id, version)
            role = await self._role(tx, role_id)
            after = replace(before, role=role, version=next_version(before.version, self._clock.now()))
            await self._store(tx, principal, "staff.changed", before, after)
        return after

    async def remove(self, principal: Principal, staff_id: str, version: int) -> None:
        """The member is out. Raises StaffNotFound, PreconditionFailed, LastAdministrator."""
        async with self._database.transaction() as tx:
            before = await self._locked(tx, staff_id, version)
            after = replace(before, deleted=True, version=next_version(before.version, self._clock.now()))
            await self._store(tx, principal, "staff.removed", before, after)

    async def _role(self, tx: Transaction, role_id: str) -> Role:
        role = await self._roles.held(tx, role_id)
        if role is None or role.kind != "staff":
            raise RoleNotFound
        return role

    async def _joined(self, tx: Transaction, login: Login, role: Role) -> StaffMember:
        version = next_version(None, self._clock.now())
        member = StaffMember(new_id(), version, login.id, login.email, login.name, role)
        if not await self._staff.add(tx, member):
            raise StaffExists
        return member

    async def _locked(self, tx: Transaction, staff_id: str, version: int) -> StaffMember:
        found = await self._staff.locked(tx, staff_id)
        if found is None:
            raise StaffNotFound
        require_version(version, found.version)
        return found

    async def _store(
        self, tx: Transaction, principal: Principal, action: str, before: StaffMember, after: StaffMember
    ) -> None:
        leaves = after.deleted or after.role.id != before.role.id
        last = before.role.administers and await self._staff.count_with_role(tx, before.role.id) == 1
        if leaves and last:
            raise LastAdministrator
        await self._staff.save(tx, after)
        shown = None if after.deleted else _shown(after)
        await self._audit.record(tx, principal, action, "staff", after.id, _shown(before), shown)
        if after.deleted or not before.role.permissions <= after.role.permissions:
            await self._revocations.revoke(tx, "staff", [after.id])
