"""The composition of catalog: every part constructed once, by hand, and found by routes as `Wired`."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from catalog import events, tables
from catalog.attributes.repository import AttributeRepository
from catalog.attributes.service import AttributeService
from catalog.audiences.explaining import VisibilityExplainer
from catalog.audiences.source import Audiences
from catalog.browsing.keeping import KeptAnswers
from catalog.browsing.ordering import Ordering
from catalog.browsing.queries import Browsing
from catalog.browsing.search import PostgresSearch
from catalog.catalogues.repository import CatalogueRepository
from catalog.catalogues.service import CatalogueService
from catalog.categories.repository import CategoryRepository
from catalog.categories.service import CategoryService
from catalog.content.repository import ContentRepository
from catalog.content.service import ContentService
from catalog.families.repository import FamilyRepository
from catalog.families.service import FamilyService
from catalog.feed_desk import FedChanges, make_feeds
from catalog.groupings.repository import GroupingRepository
from catalog.groupings.service import GroupingService
from catalog.listings.repository import Listings
from catalog.products.publishing import ProductPublisher
from catalog.products.references import ProductReferences
from catalog.products.repository import ProductRepository
from catalog.settings import CatalogSettings
from catalog.units.repository import UnitRepository
from chassis.audit import AuditTrail
from chassis.clock import Clock
from chassis.database import Database
from chassis.pages import Cursors
from chassis.repeats import Repeats
from chassis.revisions import Revisions
from chassis.upstream import Upstream
from eventing.outbox import Outbox
from feeds.desk import Feeds


@dataclass(frozen=True)
class Stores:
    """Repositories and what several use cases share."""

    products: ProductRepository
    families: FamilyRepository
    categories: CategoryRepository
    attributes: AttributeRepository
    catalogues: CatalogueRepository
    groupings: GroupingRepository
    listings: Listings
    audit: AuditTrail


@dataclass(frozen=True)
class Wiring:
    """What routes and consumers call."""

    settings: CatalogSettings
    clock: Clock
    database: Database
    cursors: Cursors
    repeats: Repeats
    outbox: Outbox
    stores: Stores
    audit: AuditTrail
    audiences: Audiences
    revisions: Revisions
    kept: KeptAnswers
    browsing: Browsing
    ordering: Ordering
    explainer: VisibilityExplainer
    publisher: ProductPublisher
    contents: ContentService
    categories: CategoryService
    attributes: AttributeService
    families: FamilyService
    catalogues: CatalogueService
    brands: GroupingService
    item_groups: GroupingService
    feeds: Feeds


def wire(settings: CatalogSettings, database: Database, clock: Clock, pricing: Upstream) -> Wiring:
    """Constructs the graph; nothing connects yet."""
    outbox = Outbox(tables.events, events.SOURCE, clock)
    cursors = Cursors(settings.cursor_secret.get_secret_value())
    audiences = Audiences(pricing, settings.audience_seconds)
    stores = _stores(settings, clock)
    products, listings, audit = stores.products, stores.listings, stores.audit
    publisher = ProductPublisher(products, listings, outbox, clock)
    references = ProductReferences(products, publisher, clock)
    changes = FedChanges(references, stores.groupings, UnitRepository(clock), publisher, listings)
    return Wiring(
        settings=settings,
        clock=clock,
        database=database,
        cursors=cursors,
        repeats=Repeats(database, tables.idempotency_key),
        outbox=outbox,
        stores=stores,
        audit=audit,
        audiences=audiences,
        revisions=Revisions(database),
        kept=KeptAnswers(settings.kept_answers),
        browsing=Browsing(database, audiences, PostgresSearch(), cursors),
        ordering=Ordering(database, audiences),
        explainer=VisibilityExplainer(database, audiences),
        publisher=publisher,
        contents=ContentService(
            database,
            products,
            ContentRepository(),
            stores.categories,
            stores.attributes,
            stores.families,
            listings,
            publisher,
            audit,
            clock,
        ),
        categories=CategoryService(database, stores.categories, listings, audit, outbox, clock),
        attributes=AttributeService(database, stores.attributes, audit, clock),
        families=FamilyService(
            database, stores.families, stores.attributes, products, publisher, audit, clock
        ),
        catalogues=CatalogueService(database, stores.catalogues, products, listings, audit, outbox, clock),
        brands=GroupingService(database, tables.brand, stores.groupings, listings, audit, clock),
        item_groups=GroupingService(database, tables.item_group, stores.groupings, listings, audit, clock),
        feeds=make_feeds(database, clock, changes, outbox, settings.import_limit),
    )


def _stores(settings: CatalogSettings, clock: Clock) -> Stores:
    families = FamilyRepository()
    return Stores(
        products=ProductRepository(families),
        families=families,
        categories=CategoryRepository(),
        attributes=AttributeRepository(),
        catalogues=CatalogueRepository(),
        groupings=GroupingRepository(clock),
        listings=Listings(settings.erp_locale),
        audit=AuditTrail(tables.audit, clock),
    )


async def _wired(request: Request) -> Wiring:
    wiring: Wiring = request.app.state.wiring
    return wiring


Wired = Annotated[Wiring, Depends(_wired)]
