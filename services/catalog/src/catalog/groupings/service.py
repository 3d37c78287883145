"""Use cases on brands and item groups: the ERP gives the codes, staff the names."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import RowMapping, Table

from catalog.errors import GroupingNotFound
from catalog.groupings.repository import GroupingRepository
from catalog.listings.repository import Listings
from chassis.audit import AuditTrail
from chassis.clock import Clock, next_version
from chassis.database import Database
from chassis.etag import require_version
from chassis.principal import Principal

_REFRESHED_AT_ONCE: Final = 1000


class GroupingService:
    """Brands, or item groups."""

    def __init__(
        self,
        database: Database,
        table: Table,
        groupings: GroupingRepository,
        listings: Listings,
        audit: AuditTrail,
        clock: Clock,
    ) -> None:
        self._database = database
        self._table = table
        self._groupings = groupings
        self._listings = listings
        self._audit = audit
        self._clock = clock

    async def page(self, external_id: str | None, after_id: str | None, limit: int) -> Sequence[RowMapping]:
        """By id, one more than `limit`."""
        async with self._database.read() as reader:
            return await self._groupings.page(reader, self._table, external_id, after_id, limit)

    async def get(self, grouping_id: str) -> RowMapping:
        """One of them. Raises GroupingNotFound."""
        async with self._database.read() as reader:
            found = await self._groupings.find(reader, self._table, grouping_id)
        if found is None:
            raise GroupingNotFound
        return found

    async def rename(
        self, principal: Principal, grouping_id: str, names: Mapping[str, str], version: int
    ) -> RowMapping:
        """The one with other names; products are found by them at once.

        Raises GroupingNotFound, PreconditionFailed.
        """
        async with self._database.transaction() as tx:
            await self._listings.lock_rules(tx)
            before = await self._groupings.find(tx, self._table, grouping_id, lock=True)
            if before is None:
                raise GroupingNotFound
            require_version(version, before["version"])
            newer = next_version(before["version"], self._clock.now())
            await self._groupings.rename(tx, self._table, grouping_id, names, newer)
            kind = self._table.name
            await self._audit.record(
                tx,
                principal,
                f"{kind}.renamed",
                kind,
                grouping_id,
                {"names": before["names"]},
                {"names": dict(names)},
            )
            products = await self._groupings.products_of(tx, self._table, grouping_id)
            for start in range(0, len(products), _REFRESHED_AT_ONCE):
                await self._listings.refresh(tx, products[start : start + _REFRESHED_AT_ONCE])
        return await self.get(grouping_id)
