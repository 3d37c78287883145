"""Use cases on attributes: each one transaction with its audit row."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from catalog.attributes.models import Attribute, AttributeChange
from catalog.attributes.repository import AttributeRepository
from catalog.errors import AttributeNotFound, CodeTaken, InUse
from chassis.audit import AuditTrail
from chassis.clock import Clock, next_version
from chassis.database import Database, Transaction
from chassis.etag import require_version
from chassis.ids import new_id
from chassis.principal import Principal


def _shown(attribute: Attribute) -> dict[str, Any]:
    shown = asdict(attribute)
    for hidden in ("id", "version", "deleted"):
        del shown[hidden]
    return shown


class AttributeService:
    """Attributes as an administrator changes them."""

    def __init__(
        self, database: Database, attributes: AttributeRepository, audit: AuditTrail, clock: Clock
    ) -> None:
        self._database = database
        self._attributes = attributes
        self._audit = audit
        self._clock = clock

    async def page(self, code: str | None, after_id: str | None, limit: int) -> list[Attribute]:
        """Attributes by id, one more than `limit`."""
        async with self._database.read() as reader:
            return await self._attributes.page(reader, code, after_id, limit)

    async def get(self, attribute_id: str) -> Attribute:
        """One attribute. Raises AttributeNotFound."""
        async with self._database.read() as reader:
            found = await self._attributes.find(reader, attribute_id)
        if found is None:
            raise AttributeNotFound
        return found

    async def create(self, principal: Principal, wanted: Attribute) -> Attribute:
        """A new attribute; its id and version are given here. Raises CodeTaken."""
        attribute = replace(wanted, id=new_id(), version=next_version(None, self._clock.now()))
        async with self._database.transaction() as tx:
            if not await self._attributes.add(tx, attribute):
                raise CodeTaken(attribute.code)
            await self._record(tx, principal, "attribute.created", attribute.id, None, _shown(attribute))
        return attribute

    async def change(
        self, principal: Principal, attribute_id: str, change: AttributeChange, version: int
    ) -> Attribute:
        """The changed attribute. Raises AttributeNotFound, PreconditionFailed, InUse (a removed option)."""
        async with self._database.transaction() as tx:
            before = await self._locked(tx, attribute_id, version)
            wanted = {name: getattr(change, name) for name in AttributeChange.__slots__}
            given = {name: value for name, value in wanted.items() if value is not None}
            after = replace(before, version=next_version(before.version, self._clock.now()), **given)
            gone = {option.code for option in before.options} - {option.code for option in after.options}
            used = await self._attributes.options_in_use(tx, before, gone) if gone else 0
            if used:
                raise InUse(used)
            await self._attributes.save(tx, after)
            await self._record(tx, principal, "attribute.changed", after.id, _shown(before), _shown(after))
        return after

    async def remove(self, principal: Principal, attribute_id: str, version: int) -> None:
        """Removes an attribute nothing uses. Raises AttributeNotFound, PreconditionFailed, InUse."""
        async with self._database.transaction() as tx:
            before = await self._locked(tx, attribute_id, version)
            uses = await self._attributes.uses(tx, before)
            if uses:
                raise InUse(uses)
            newer = next_version(before.version, self._clock.now())
            await self._attributes.save(tx, replace(before, deleted=True, version=newer))
            await self._record(tx, principal, "attribute.removed", before.id, _shown(before), None)

    async def _locked(self, tx: Transaction, attribute_id: str, version: int) -> Attribute:
        found = await self._attributes.find(tx, attribute_id, lock=True)
        if found is None:
            raise AttributeNotFound
        require_version(version, found.version)
        return found

    async def _record(
        self,
        tx: Transaction,
        principal: Principal,
        action: str,
        attribute_id: str,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
    ) -> None:
        await self._audit.record(tx, principal, action, "attribute", attribute_id, before, after)
