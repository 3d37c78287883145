"""Use cases on roles: each one transaction, with audit row, event and, where rights shrink, revocation."""

from dataclasses import replace

from accounts import events
from accounts.errors import AdministratorKept, CodeTaken, RoleInUse, RoleNotFound, UnknownPermission
from accounts.events import RoleState
from accounts.revocations.repository import Revocations
from accounts.roles.models import Role, RoleChange, RoleKind, unknown_permissions
from accounts.roles.repository import RoleRepository
from chassis.audit import AuditTrail
from chassis.clock import Clock, next_version
from chassis.database import Database, Transaction
from chassis.etag import require_version
from chassis.ids import new_id
from chassis.principal import Principal
from eventing.outbox import Outbox, Outgoing


def outgoing(role: Role) -> Outgoing:
    """The role's public state as an event."""
    if role.deleted:
        return Outgoing(events.ROLE, role.id, role.version, None)
    state = RoleState(
        id=role.id,
        code=role.code,
        kind=role.kind,
        permissions=sorted(role.permissions),
        sees_prices=role.sees_prices,
        sees_stock=role.sees_stock,
    )
    return Outgoing(events.ROLE, role.id, role.version, state)


def _shown(role: Role) -> dict[str, object]:
    return {
        "code": role.code,
        "name": role.name,
        "permissions": sorted(role.permissions),
        "sees_prices": role.sees_prices,
        "sees_stock": role.sees_stock,
    }


class RoleService:
    """Roles as an administrator changes them."""

    def __init__(
        self,
        database: Database,
        roles: RoleRepository,
        audit: AuditTrail,
        revocations: Revocations,
        outbox: Outbox,
        clock: Clock,
    ) -> None:
        self._database = database
        self._roles = roles
        self._audit = audit
        self._revocations = revocations
        self._outbox = outbox
        self._clock = clock

    async def page(self, kind: RoleKind | None, after_id: str | None, limit: int) -> list[Role]:
        """Roles by id, one more than `limit`."""
        async with self._database.read() as reader:
            return await self._roles.page(reader, kind, after_id, limit)

    async def get(self, role_id: str) -> Role:
        """One role. Raises RoleNotFound."""
        async with self._database.read() as reader:
            found = await self._roles.find(reader, role_id)
        if found is None:
            raise RoleNotFound
        return found

    async def create(self, principal: Principal, wanted: Role) -> Role:
        """A new role; id and version of `wanted` are given here. Raises CodeTaken, UnknownPermission."""
        _check_permissions(wanted)
        role = replace(wanted, id=new_id(), version=next_version(None, self._clock.now()))
        async with self._database.transaction() as tx:
            if not await self._roles.add(tx, role):
                raise CodeTaken(role.code)
            await self._audit.record(tx, principal, "role.created", "role", role.id, None, _shown(role))
            await self._outbox.put(tx, [outgoing(role)])
        return role

    async def change(self, principal: Principal, role_id: str, change: RoleChange, version: int) -> Role:
        """The changed role.

        Raises RoleNotFound, PreconditionFailed, UnknownPermission, AdministratorKept.
        """
        async with self._database.transaction() as tx:
            before = await self._locked(tx, role_id, version)
            after = change.applied_to(before, next_version(before.version, self._clock.now()))
            _check_permissions(after)
            if before.administers and not before.permissions <= after.permissions:
                raise AdministratorKept
            await self._store(tx, principal, "role.changed", before, after)
        return after

    async def remove(self, principal: Principal, role_id: str, version: int) -> None:
        """Removes a role nobody has. Raises RoleNotFound, PreconditionFailed, RoleInUse."""
        async with self._database.transaction() as tx:
            before = await self._locked(tx, role_id, version)
            holders = await self._roles.holders(tx, role_id)
            if holders:
                raise RoleInUse(holders)
            after = replace(before, deleted=True, version=next_version(before.version, self._clock.now()))
            await self._store(tx, principal, "role.removed", before, after)

    async def _locked(self, tx: Transaction, role_id: str, version: int) -> Role:
        found = await self._roles.locked(tx, role_id)
        if found is None:
            raise RoleNotFound
        require_version(version, found.version)
        return found

    async def _store(
        self, tx: Transaction, principal: Principal, action: str, before: Role, after: Role
    ) -> None:
        await self._roles.save(tx, after)
        shown = None if after.deleted else _shown(after)
        await self._audit.record(tx, principal, action, "role", after.id, _shown(before), shown)
        await self._outbox.put(tx, [outgoing(after)])
        if after.grants_less_than(before):
            await self._revocations.revoke(tx, "role", [after.id])


def _check_permissions(role: Role) -> None:
    unknown = unknown_permissions(role.kind, role.permissions)
    if unknown:
        raise UnknownPermission(unknown)
