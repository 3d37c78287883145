"""The composition of catalog: every part constructed once, by hand, and found by routes as `Wired`."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from catalog import events, tables
from catalog.audiences.source import Audiences
from catalog.audit.repository import AuditTrail
from catalog.browsing.ordering import Ordering
from catalog.browsing.queries import Browsing
from catalog.browsing.search import PostgresSearch
from catalog.families.repository import FamilyRepository
from catalog.feeding import Feeds
from catalog.groupings.repository import GroupingRepository
from catalog.listings.repository import Listings
from catalog.product_codes.feed import ProductCodeFeed
from catalog.products.feed import ProductFeed
from catalog.products.publishing import ProductPublisher
from catalog.products.references import ProductReferences
from catalog.products.repository import ProductRepository
from catalog.settings import CatalogSettings
from catalog.stock.feed import StockFeed
from catalog.units.feed import UNITS
from catalog.units.repository import UnitRepository
from chassis.clock import Clock
from chassis.database import Database
from chassis.pages import Cursors
from chassis.upstream import Upstream
from eventing.outbox import Outbox


@dataclass(frozen=True)
class Wiring:
    """What routes and consumers call."""

    settings: CatalogSettings
    database: Database
    cursors: Cursors
    audit: AuditTrail
    audiences: Audiences
    browsing: Browsing
    ordering: Ordering
    publisher: ProductPublisher
    feeds: Feeds


def wire(settings: CatalogSettings, database: Database, clock: Clock, pricing: Upstream) -> Wiring:
    """Constructs the graph; nothing connects yet."""
    outbox = Outbox(tables.events, events.SOURCE, clock)
    cursors = Cursors(settings.cursor_secret.get_secret_value())
    audiences = Audiences(pricing, settings.audience_seconds)
    listings = Listings(settings.erp_locale)
    products = ProductRepository(FamilyRepository())
    publisher = ProductPublisher(products, listings, outbox, clock)
    references = ProductReferences(products, publisher, clock)
    product_feed = ProductFeed(
        references, GroupingRepository(clock), UnitRepository(clock), publisher, listings
    )
    feeds = Feeds(
        products=product_feed.declared(),
        units=UNITS,
        product_codes=ProductCodeFeed(references, listings).declared(),
        stock=StockFeed(references, listings).declared(),
    )
    return Wiring(
        settings=settings,
        database=database,
        cursors=cursors,
        audit=AuditTrail(clock),
        audiences=audiences,
        browsing=Browsing(database, audiences, PostgresSearch(), cursors),
        ordering=Ordering(database, audiences),
        publisher=publisher,
        feeds=feeds,
    )


def _wired(request: Request) -> Wiring:
    wiring: Wiring = request.app.state.wiring
    return wiring


Wired = Annotated[Wiring, Depends(_wired)]
