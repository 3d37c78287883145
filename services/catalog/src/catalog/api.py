"""Composition root of the API process."""

from typing import Any

from fastapi import APIRouter, FastAPI

from catalog.attributes.routes import routes as attribute_routes
from catalog.audiences.consumers import VisibilityFollowers
from catalog.browsing.hot_routes import hot_routes
from catalog.browsing.routes import routes as browsing_routes
from catalog.catalogues.routes import routes as catalogue_routes
from catalog.categories.routes import routes as category_routes
from catalog.content.routes import routes as content_routes
from catalog.families.routes import routes as family_routes
from catalog.groupings.routes import routes as grouping_routes
from catalog.product_codes.feed import PRODUCT_CODES
from catalog.products.feed import PRODUCTS
from catalog.settings import CatalogSettings
from catalog.stock.feed import STOCK
from catalog.units.feed import UNITS
from catalog.wiring import wire
from chassis import openapi, server
from chassis.application import build_app
from chassis.audit_routes import audit_routes
from chassis.clock import Clock, SystemClock
from chassis.database import Database
from chassis.database_answers import FAILURES, database_probe
from chassis.health import Health
from chassis.process import begin
from chassis.tokens import FetchedKeys, JwksFetch, KeySource, TokenVerifier
from chassis.upstream import Upstream, UpstreamDown
from feeds.admin_routes import admin_routes as import_routes
from feeds.admin_routes import internal_routes as run_routes
from feeds.routes import integration_routes

TITLE = "catalog"
FED = (
    (PRODUCTS, "products:feed"),
    (UNITS, "products:feed"),
    (PRODUCT_CODES, "products:feed"),
    (STOCK, "stock:feed"),
)
ROUTERS: tuple[APIRouter, ...] = (
    browsing_routes,
    # Before the paths with an id in them, which would take "import-profiles" for one.
    *(import_routes(feed, look="imports:read", change="imports:write") for feed, _ in FED),
    content_routes,
    category_routes,
    attribute_routes,
    family_routes,
    catalogue_routes,
    grouping_routes,
    audit_routes("catalog-audit", "Who changed what in the catalog, newest first"),
    *(integration_routes(feed, permission=scope) for feed, scope in FED),
    run_routes([feed.resource for feed, _ in FED]),
)


def make_app(settings: CatalogSettings, clock: Clock | None = None, keys: KeySource | None = None) -> FastAPI:
    """The ASGI app; connections are opened when it starts and closed when it ends."""
    clock = clock or SystemClock()
    database = Database.connect(
        settings.database_url.get_secret_value(), name="catalog-api", pool_size=settings.database_pool
    )
    pricing = Upstream("pricing", settings.pricing_url)
    accounts = Upstream("accounts", settings.accounts_url)
    wiring = wire(settings, database, clock, pricing)
    followers = VisibilityFollowers(settings.kafka_bootstrap, wiring.audiences)
    app = build_app(
        title=TITLE,
        settings=settings,
        verifier=TokenVerifier(keys or FetchedKeys(_jwks(accounts)), settings.token_issuer, clock),
        health=Health({"database": database_probe(database), "visibility_events": followers.probe()}),
        routers=ROUTERS,
        translated=FAILURES,
        wiring=wiring,
        cursors=wiring.cursors,
        repeats=wiring.repeats,
        loops=followers.loops,
        on_stop=[pricing.close, accounts.close, database.close],
    )
    # They stand before those that declare them, and hand on what they cannot answer.
    app.router.routes[:0] = hot_routes(browsing_routes)
    return app


def _jwks(accounts: Upstream) -> JwksFetch:
    async def fetch() -> dict[str, Any]:
        answer = await accounts.call("GET", "/.well-known/jwks.json")
        if answer.status != 200:
            raise UpstreamDown("accounts")
        document: dict[str, Any] = answer.json()
        return document

    return fetch


def serve() -> None:
    """The process `catalog api`: settings from the environment, then HTTP until it is told to stop."""
    settings = begin("catalog-api", CatalogSettings)
    server.serve(make_app(settings), settings)


def contract() -> dict[str, Any]:
    """The OpenAPI document, made without settings, database or network."""
    app = FastAPI(title=TITLE)
    for router in ROUTERS:
        app.include_router(router)
    return openapi.service_document(app, TITLE)
