"""Use cases on families: each one transaction; completeness of the products follows at once."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from catalog.attributes.repository import AttributeRepository
from catalog.errors import CodeTaken, FamilyNotFound, InUse, UnknownReference
from catalog.families.models import BUILT_IN_FIELDS, Completeness, Family, Requirement
from catalog.families.repository import FamilyRepository
from catalog.products.publishing import ProductPublisher
from catalog.products.repository import ProductRepository
from chassis.audit import AuditTrail
from chassis.clock import Clock, next_version
from chassis.database import Database, Transaction
from chassis.etag import require_version
from chassis.ids import new_id
from chassis.principal import Principal

_PUBLISHED_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class FamilyChange:
    """The fields somebody wants to change; None leaves one as it is."""

    names: Mapping[str, str] | None = None
    attribute_ids: tuple[str, ...] | None = None
    requirements: tuple[Requirement, ...] | None = None


def _shown(family: Family) -> dict[str, Any]:
    shown = asdict(family)
    for hidden in ("id", "version", "deleted"):
        del shown[hidden]
    return shown


class FamilyService:
    """Families as an administrator changes them."""

    def __init__(
        self,
        database: Database,
        families: FamilyRepository,
        attributes: AttributeRepository,
        products: ProductRepository,
        publisher: ProductPublisher,
        audit: AuditTrail,
        clock: Clock,
    ) -> None:
        self._database = database
        self._families = families
        self._attributes = attributes
        self._products = products
        self._publisher = publisher
        self._audit = audit
        self._clock = clock

    async def page(self, after_id: str | None, limit: int) -> list[Family]:
        """Families by id, one more than `limit`."""
        async with self._database.read() as reader:
            return await self._families.page(reader, after_id, limit)

    async def get(self, family_id: str) -> Family:
        """One family. Raises FamilyNotFound."""
        async with self._database.read() as reader:
            found = await self._families.find(reader, family_id)
        if found is None:
            raise FamilyNotFound
        return found

    async def completeness(self, product_ids: Sequence[str]) -> Mapping[str, Mapping[str, Completeness]]:
        """Completeness by product and channel; products without a family are left out."""
        async with self._database.read() as reader:
            return await self._families.completeness(reader, product_ids)

    async def create(self, principal: Principal, wanted: Family) -> Family:
        """A new family; its id and version are given here. Raises CodeTaken, UnknownReference."""
        family = replace(wanted, id=new_id(), version=next_version(None, self._clock.now()))
        async with self._database.transaction() as tx:
            await self._check(tx, family)
            if not await self._families.add(tx, family):
                raise CodeTaken(family.code)
            await self._audit.record(
                tx, principal, "family.created", "family", family.id, None, _shown(family)
            )
        return family

    async def change(
        self, principal: Principal, family_id: str, change: FamilyChange, version: int
    ) -> Family:
        """The changed family. Raises FamilyNotFound, PreconditionFailed, UnknownReference."""
        async with self._database.transaction() as tx:
            before = await self._locked(tx, family_id, version)
            wanted = {name: getattr(change, name) for name in FamilyChange.__slots__}
            given = {name: value for name, value in wanted.items() if value is not None}
            after = replace(before, version=next_version(before.version, self._clock.now()), **given)
            await self._check(tx, after)
            await self._families.save(tx, after)
            await self._audit.record(
                tx, principal, "family.changed", "family", after.id, _shown(before), _shown(after)
            )
            await self._publish(tx, after.id)
        return after

    async def remove(self, principal: Principal, family_id: str, version: int) -> None:
        """Removes a family without products. Raises FamilyNotFound, PreconditionFailed, InUse."""
        async with self._database.transaction() as tx:
            before = await self._locked(tx, family_id, version)
            uses = len(await self._families.products_of(tx, family_id))
            if uses:
                raise InUse(uses)
            newer = next_version(before.version, self._clock.now())
            await self._families.save(tx, replace(before, deleted=True, version=newer))
            await self._audit.record(
                tx, principal, "family.removed", "family", before.id, _shown(before), None
            )

    async def _publish(self, tx: Transaction, family_id: str) -> None:
        products = await self._families.products_of(tx, family_id)
        for start in range(0, len(products), _PUBLISHED_AT_ONCE):
            chunk = await self._products.lock(tx, products[start : start + _PUBLISHED_AT_ONCE])
            await self._publisher.publish(tx, chunk)

    async def _check(self, tx: Transaction, family: Family) -> None:
        unknown = await self._attributes.unknown(tx, family.attribute_ids)
        if unknown:
            raise UnknownReference("/attribute_ids", unknown)
        demanded = {requirement.field for requirement in family.requirements} - BUILT_IN_FIELDS
        missing = sorted(demanded - (await self._attributes.by_codes(tx, demanded)).keys())
        if missing:
            raise UnknownReference("/requirements", missing)

    async def _locked(self, tx: Transaction, family_id: str, version: int) -> Family:
        found = await self._families.find(tx, family_id, lock=True)
        if found is None:
            raise FamilyNotFound
        require_version(version, found.version)
        return found
