"""Use cases on the digital layer: each one transaction, with audit row, listing and event."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import RowMapping

from catalog.attributes.models import Misfit, StoredValue, fit
from catalog.attributes.repository import AttributeRepository
from catalog.categories.repository import CategoryRepository
from catalog.content.models import Content
from catalog.content.repository import ContentRepository, Values
from catalog.errors import ProductNotFound, UnknownReference, ValueRefused
from catalog.families.repository import FamilyRepository
from catalog.listings.repository import Listings
from catalog.products.publishing import ProductPublisher
from catalog.products.repository import ProductRepository
from chassis.audit import AuditTrail
from chassis.clock import Clock, next_version
from chassis.database import Database, Transaction
from chassis.etag import require_version
from chassis.failures import FieldError
from chassis.principal import Principal


class ContentService:
    """What staff says about products."""

    def __init__(
        self,
        database: Database,
        products: ProductRepository,
        contents: ContentRepository,
        categories: CategoryRepository,
        attributes: AttributeRepository,
        families: FamilyRepository,
        listings: Listings,
        publisher: ProductPublisher,
        audit: AuditTrail,
        clock: Clock,
    ) -> None:
        self._database = database
        self._products = products
        self._contents = contents
        self._categories = categories
        self._attributes = attributes
        self._families = families
        self._listings = listings
        self._publisher = publisher
        self._audit = audit
        self._clock = clock

    async def page(
        self, wanted: Mapping[str, str | None], words: Sequence[str], after_id: str | None, limit: int
    ) -> Sequence[RowMapping]:
        """Products by id, one more than `limit`; `wanted` are equalities on the ERP's columns."""
        async with self._database.read() as reader:
            return await self._products.page(reader, wanted, words, after_id, limit)

    async def get(self, product_id: str) -> tuple[RowMapping, Content]:
        """A product as the ERP knows it, and its digital layer. Raises ProductNotFound."""
        async with self._database.read() as reader:
            row = await self._products.find(reader, product_id)
            if row is None:
                raise ProductNotFound
            return row, await self._contents.find(reader, product_id)

    async def change(
        self, principal: Principal, product_id: str, change: Mapping[str, Any], version: int
    ) -> Content:
        """The changed digital layer; `change` holds fields of `Content` by name.

        Raises ProductNotFound, PreconditionFailed, UnknownReference, ValueRefused.
        """
        async with self._database.transaction() as tx:
            await self._listings.lock_products(tx)
            if not await self._products.lock(tx, [product_id]):
                raise ProductNotFound
            before = await self._contents.find(tx, product_id)
            require_version(version, before.version)
            newer = next_version(before.version, self._clock.now())
            after = replace(before, version=newer, **change)
            await self._check(tx, after, change)
            values = await self._values(tx, after) if "attributes" in change else None
            await self._contents.save(tx, before, after, values)
            await self._audit.record(
                tx, principal, "product.described", "product", product_id, before.shown(), after.shown()
            )
            await self._publisher.changed(tx, [product_id])
        return after

    async def _check(self, tx: Transaction, after: Content, change: Mapping[str, Any]) -> None:
        """Raises UnknownReference for what the change names and nobody knows."""
        family_id = after.family_id if "family_id" in change else None
        if family_id is not None and await self._families.find(tx, family_id) is None:
            raise UnknownReference("/family_id", [family_id])
        if "category_ids" in change:
            unknown = await self._categories.unknown(tx, after.category_ids)
            if unknown:
                raise UnknownReference("/category_ids", unknown)
        if "relations" in change:
            targets = {link.target_id for link in after.relations}
            missing = sorted(targets - set(await self._products.existing(tx, sorted(targets))))
            if missing or after.product_id in targets:
                raise UnknownReference("/relations", missing or [after.product_id])

    async def _values(self, tx: Transaction, after: Content) -> Values:
        """The attribute values as they are kept. Raises UnknownReference, ValueRefused."""
        known = await self._attributes.by_codes(tx, {entry.attribute for entry in after.attributes})
        unknown = [entry.attribute for entry in after.attributes if entry.attribute not in known]
        if unknown:
            raise UnknownReference("/attributes", unknown)
        kept: dict[tuple[str, str], tuple[StoredValue, ...]] = {}
        errors = []
        for place, entry in enumerate(after.attributes):
            definition = known[entry.attribute]
            found = fit(definition, entry.locale, entry.values)
            key = (definition.id, entry.locale)
            if key in kept:
                found = Misfit("repeated_attribute", f"{entry.attribute} stands twice")
            if isinstance(found, Misfit):
                errors.append(FieldError(found.code, found.message, f"/attributes/{place}"))
            else:
                kept[key] = found
        if errors:
            raise ValueRefused(errors)
        return kept
