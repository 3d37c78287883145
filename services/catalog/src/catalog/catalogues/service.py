"""Use cases on catalogues: each one transaction, with audit row, event, and members made anew."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import RowMapping

from catalog import events
from catalog.catalogues.models import Catalogue, CatalogueChange
from catalog.catalogues.repository import CatalogueRepository
from catalog.errors import CatalogueNotFound, CodeTaken, UnknownReference
from catalog.events import CatalogueState
from catalog.listings.repository import Listings
from catalog.products.repository import ProductRepository
from chassis.audit import AuditTrail
from chassis.clock import Clock, next_version
from chassis.database import Database, Transaction
from chassis.etag import require_version
from chassis.ids import new_id
from chassis.principal import Principal
from eventing.outbox import Outbox, Outgoing


def _definition(catalogue: Catalogue) -> dict[str, Any]:
    return {
        "include": [{"target": rule.target, "id": rule.id} for rule in catalogue.include],
        "exclude": [{"target": rule.target, "id": rule.id} for rule in catalogue.exclude],
    }


def outgoing(catalogue: Catalogue) -> Outgoing:
    """The catalogue's public state as an event."""
    if catalogue.deleted:
        return Outgoing(events.CATALOGUE, catalogue.id, catalogue.version, None)
    state = CatalogueState(
        id=catalogue.id, code=catalogue.code, name=catalogue.name, definition=_definition(catalogue)
    )
    return Outgoing(events.CATALOGUE, catalogue.id, catalogue.version, state)


def _shown(catalogue: Catalogue) -> dict[str, Any]:
    return {"code": catalogue.code, "name": catalogue.name, **_definition(catalogue)}


class CatalogueService:
    """Catalogues as an administrator changes them."""

    def __init__(
        self,
        database: Database,
        catalogues: CatalogueRepository,
        products: ProductRepository,
        listings: Listings,
        audit: AuditTrail,
        outbox: Outbox,
        clock: Clock,
    ) -> None:
        self._database = database
        self._catalogues = catalogues
        self._products = products
        self._listings = listings
        self._audit = audit
        self._outbox = outbox
        self._clock = clock

    async def page(self, code: str | None, after_id: str | None, limit: int) -> list[Catalogue]:
        """Catalogues by id, one more than `limit`."""
        async with self._database.read() as reader:
            return await self._catalogues.page(reader, code, after_id, limit)

    async def get(self, catalogue_id: str) -> Catalogue:
        """One catalogue. Raises CatalogueNotFound."""
        async with self._database.read() as reader:
            found = await self._catalogues.find(reader, catalogue_id)
        if found is None:
            raise CatalogueNotFound
        return found

    async def members(self, catalogue_id: str, after_id: str | None, limit: int) -> Sequence[RowMapping]:
        """Members by product id, one more than `limit`. Raises CatalogueNotFound."""
        await self.get(catalogue_id)
        async with self._database.read() as reader:
            return await self._catalogues.members(reader, catalogue_id, after_id, limit)

    async def create(self, principal: Principal, wanted: Catalogue) -> Catalogue:
        """A new catalogue; its id and version are given here. Raises CodeTaken, UnknownReference."""
        catalogue = replace(wanted, id=new_id(), version=next_version(None, self._clock.now()))
        async with self._database.transaction() as tx:
            await self._listings.lock_rules(tx)
            await self._check(tx, catalogue)
            if not await self._catalogues.add(tx, catalogue):
                raise CodeTaken(catalogue.code)
            await self._record(tx, principal, "catalogue.created", catalogue.id, None, _shown(catalogue))
            await self._outbox.put(tx, [outgoing(catalogue)])
            await self._listings.refresh_catalogue(tx, catalogue.id)
        return catalogue

    async def change(
        self, principal: Principal, catalogue_id: str, change: CatalogueChange, version: int
    ) -> Catalogue:
        """The changed catalogue. Raises CatalogueNotFound, PreconditionFailed, UnknownReference."""
        async with self._database.transaction() as tx:
            before = await self._locked(tx, catalogue_id, version)
            after = change.applied_to(before, next_version(before.version, self._clock.now()))
            await self._check(tx, after)
            await self._store(tx, principal, "catalogue.changed", before, after)
        return after

    async def remove(self, principal: Principal, catalogue_id: str, version: int) -> None:
        """Removes a catalogue with all its members. Raises CatalogueNotFound, PreconditionFailed."""
        async with self._database.transaction() as tx:
            before = await self._locked(tx, catalogue_id, version)
            newer = next_version(before.version, self._clock.now())
            await self._store(
                tx, principal, "catalogue.removed", before, replace(before, deleted=True, version=newer)
            )

    async def put_products(
        self, principal: Principal, catalogue_id: str, listed: Mapping[str, Sequence[str]]
    ) -> Catalogue:
        """Lists products by hand: `include`, `exclude`, or `remove` from the list.

        Raises CatalogueNotFound, UnknownReference.
        """
        async with self._database.transaction() as tx:
            await self._listings.lock_rules(tx)
            found = await self._catalogues.find(tx, catalogue_id, lock=True)
            if found is None:
                raise CatalogueNotFound
            for name in ("include", "exclude"):
                missing = sorted(set(listed[name]) - set(await self._products.existing(tx, listed[name])))
                if missing:
                    raise UnknownReference(f"/{name}", missing)
            await self._catalogues.put_listed(tx, catalogue_id, listed["include"], excluded=False)
            await self._catalogues.put_listed(tx, catalogue_id, listed["exclude"], excluded=True)
            await self._catalogues.drop_listed(tx, catalogue_id, listed["remove"])
            await self._record(tx, principal, "catalogue.listed", catalogue_id, None, dict(listed))
            await self._listings.refresh_catalogue(tx, catalogue_id)
        return found

    async def _check(self, tx: Transaction, catalogue: Catalogue) -> None:
        unknown = await self._catalogues.unknown_targets(tx, catalogue.rules)
        if unknown:
            raise UnknownReference("/include", unknown)

    async def _locked(self, tx: Transaction, catalogue_id: str, version: int) -> Catalogue:
        await self._listings.lock_rules(tx)
        found = await self._catalogues.find(tx, catalogue_id, lock=True)
        if found is None:
            raise CatalogueNotFound
        require_version(version, found.version)
        return found

    async def _store(
        self, tx: Transaction, principal: Principal, action: str, before: Catalogue, after: Catalogue
    ) -> None:
        await self._catalogues.save(tx, after)
        shown = None if after.deleted else _shown(after)
        await self._record(tx, principal, action, after.id, _shown(before), shown)
        await self._outbox.put(tx, [outgoing(after)])
        await self._listings.refresh_catalogue(tx, after.id)

    async def _record(
        self,
        tx: Transaction,
        principal: Principal,
        action: str,
        catalogue_id: str,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
    ) -> None:
        await self._audit.record(tx, principal, action, "catalogue", catalogue_id, before, after)
