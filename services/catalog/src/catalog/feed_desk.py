"""The feeds of catalog with what happens around them: references that resolve, listings, events."""

from collections.abc import Sequence
from dataclasses import replace

from catalog import events, tables
from catalog.groupings.repository import GroupingRepository
from catalog.listings.repository import Listings
from catalog.product_codes.feed import PRODUCT_CODES
from catalog.products.feed import PRODUCTS
from catalog.products.publishing import ProductPublisher
from catalog.products.references import ProductReferences
from catalog.stock.feed import STOCK
from catalog.units.feed import UNITS
from catalog.units.repository import UnitRepository
from chassis.clock import Clock
from chassis.database import Database, Transaction
from eventing.outbox import Outbox
from feeds.announcing import announcer
from feeds.desk import Feeds
from feeds.feed import Chunk


class FedChanges:
    """What goes before and after a chunk of fed rows, in its transaction."""

    def __init__(
        self,
        references: ProductReferences,
        groupings: GroupingRepository,
        units: UnitRepository,
        publisher: ProductPublisher,
        listings: Listings,
    ) -> None:
        self._references = references
        self._groupings = groupings
        self._units = units
        self._publisher = publisher
        self._listings = listings

    async def before_products(self, tx: Transaction, chunk: Chunk) -> None:
        """Brands, item groups, units and successors get ids, those not known yet too."""
        await self._listings.lock_products(tx)
        await self._groupings.resolve(tx, chunk)
        await self._units.add_unknown(tx, chunk)
        await self._references.resolve(tx, chunk, "superseded_by")

    async def after_products(self, tx: Transaction, product_ids: Sequence[str]) -> None:
        """Listings, memberships and events follow."""
        await self._publisher.fed(tx, product_ids)

    async def before_product_parts(self, tx: Transaction, chunk: Chunk) -> None:
        """Codes and stock belong to a product, sent or not yet."""
        await self._listings.lock_products(tx)
        await self._references.resolve(tx, chunk, "product")


def make_feeds(
    database: Database, clock: Clock, changes: FedChanges, outbox: Outbox, max_bytes: int
) -> Feeds:
    """The desk of products, units, product codes and stock."""
    return Feeds(
        database,
        clock,
        tables.feeds,
        [
            replace(PRODUCTS, prepare=changes.before_products, changed=changes.after_products),
            UNITS,
            replace(PRODUCT_CODES, prepare=changes.before_product_parts),
            replace(STOCK, prepare=changes.before_product_parts),
        ],
        on_run_changed=announcer(events.FEED, outbox, clock),
        max_bytes=max_bytes,
    )
