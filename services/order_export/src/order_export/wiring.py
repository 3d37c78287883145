"""The composition of order_export: every part constructed once, by hand, and found by routes as `Wired`."""

from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

from chassis.audit import AuditTrail
from chassis.clock import Clock
from chassis.database import Database
from chassis.idempotency import IdempotencyKeys
from chassis.pages import Cursors
from chassis.repeats import Repeats
from chassis.upstream import Upstream
from eventing.outbox import Outbox
from feeds.desk import Feeds
from order_export import events, tables
from order_export.carts.repository import CartRepository
from order_export.carts.service import CartService
from order_export.connectors.repository import ConnectorRepository
from order_export.connectors.secrets import SecretBox
from order_export.connectors.service import ConnectorService
from order_export.exports.deciding import DecidedExports
from order_export.exports.moves import ExportMoves
from order_export.exports.pulling import PullExports
from order_export.exports.repository import ExportRepository
from order_export.feed_state import run_changed
from order_export.offers.sources import OfferSources
from order_export.orders.document import OrderDocuments
from order_export.orders.placing import PLACE, OrderPlacing, PlacingRules
from order_export.orders.publishing import OrderPublisher
from order_export.orders.repository import OrderRepository
from order_export.orders.service import OrderService
from order_export.projections.repository import Projections
from order_export.responses.feed import response_feed
from order_export.responses.repository import ResponseRepository
from order_export.responses.service import ResponseService
from order_export.settings import OrderExportSettings


@dataclass(frozen=True)
class Stores:
    """Repositories: without state, shared by use cases."""

    carts: CartRepository
    orders: OrderRepository
    exports: ExportRepository
    connectors: ConnectorRepository
    responses: ResponseRepository
    projections: Projections


@dataclass(frozen=True)
class Wiring:
    """What routes, consumers and commands call."""

    database: Database
    clock: Clock
    cursors: Cursors
    repeats: Repeats
    stores: Stores
    outbox: Outbox
    audit: AuditTrail
    secrets: SecretBox
    accounts: Upstream
    offers: OfferSources
    documents: OrderDocuments
    publisher: OrderPublisher
    moves: ExportMoves
    carts: CartService
    orders: OrderService
    placing: OrderPlacing
    connectors: ConnectorService
    pulls: PullExports
    exports: DecidedExports
    responses: ResponseService
    feeds: Feeds


def wire(settings: OrderExportSettings, database: Database, clock: Clock) -> Wiring:
    """Constructs the graph; nothing connects yet."""
    outbox = Outbox(tables.events, events.SOURCE, clock)
    audit = AuditTrail(tables.audit, clock)
    secrets = SecretBox(_connector_key(settings))
    stores = Stores(
        CartRepository(),
        OrderRepository(),
        ExportRepository(),
        ConnectorRepository(),
        ResponseRepository(),
        Projections(),
    )
    accounts = Upstream("accounts", settings.accounts_url)
    offers = OfferSources(
        Upstream("catalog", settings.catalog_url), Upstream("pricing", settings.pricing_url), accounts
    )
    documents = OrderDocuments(stores.orders, stores.responses)
    publisher = OrderPublisher(stores.orders, documents, outbox, clock)
    moves = ExportMoves(
        stores.exports, stores.connectors, stores.orders, stores.responses, publisher, outbox, clock
    )
    carts = CartService(database, stores.carts, offers, clock)
    responses = ResponseService(database, stores.responses, stores.orders, stores.exports, moves)
    return Wiring(
        database=database,
        clock=clock,
        cursors=Cursors(settings.cursor_secret.get_secret_value()),
        repeats=Repeats(database, tables.idempotency_key, kept_for_ever=[PLACE]),
        stores=stores,
        outbox=outbox,
        audit=audit,
        secrets=secrets,
        accounts=accounts,
        offers=offers,
        documents=documents,
        publisher=publisher,
        moves=moves,
        carts=carts,
        orders=OrderService(database, stores.orders, documents, stores.projections, offers, carts),
        placing=_placing(settings, database, stores, offers, moves, publisher, clock),
        connectors=ConnectorService(database, stores.connectors, audit, secrets, clock),
        pulls=PullExports(
            database, stores.exports, stores.connectors, stores.orders, documents, moves, clock
        ),
        exports=DecidedExports(database, stores.exports, stores.connectors, stores.orders, moves, audit),
        responses=responses,
        feeds=Feeds(
            database,
            clock,
            tables.feeds,
            [response_feed(responses.arrived)],
            on_run_changed=run_changed(outbox, clock),
        ),
    )


def _connector_key(settings: OrderExportSettings) -> str:
    return settings.connector_key.get_secret_value() or settings.cursor_secret.get_secret_value()


def _placing(
    settings: OrderExportSettings,
    database: Database,
    stores: Stores,
    offers: OfferSources,
    moves: ExportMoves,
    publisher: OrderPublisher,
    clock: Clock,
) -> OrderPlacing:
    return OrderPlacing(
        database,
        IdempotencyKeys(tables.idempotency_key, check_rights=False),
        stores.carts,
        stores.orders,
        stores.projections,
        offers,
        moves,
        publisher,
        PlacingRules(
            settings.order_number_prefix, settings.orders_waiting_limit, ZoneInfo(settings.time_zone)
        ),
        clock,
    )


async def _wired(request: Request) -> Wiring:
    wiring: Wiring = request.app.state.wiring
    return wiring


Wired = Annotated[Wiring, Depends(_wired)]
