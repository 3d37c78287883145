"""Composition root of the API process."""

from typing import Any

from fastapi import APIRouter, FastAPI

from chassis import openapi, server
from chassis.application import build_app
from chassis.audit_routes import audit_routes
from chassis.clock import Clock, SystemClock
from chassis.database import Database
from chassis.database_answers import FAILURES, database_probe
from chassis.health import Health
from chassis.process import begin
from chassis.tokens import KeySource, TokenVerifier
from feeds.admin_routes import admin_routes as import_routes
from feeds.admin_routes import internal_routes as run_routes
from feeds.routes import integration_routes
from pricing.audiences.routes import routes as audience_routes
from pricing.policy.routes import routes as policy_routes
from pricing.prices.feed import PRICES
from pricing.prices.hot_routes import hot_routes
from pricing.prices.routes import routes as price_routes
from pricing.rules.routes import routes as rule_routes
from pricing.settings import PricingSettings
from pricing.wiring import wire

TITLE = "pricing"
ROUTERS: tuple[APIRouter, ...] = (
    price_routes,
    policy_routes,
    rule_routes,
    audience_routes,
    audit_routes("pricing-audit", "Who changed what in prices and visibility, newest first"),
    integration_routes(PRICES, permission="prices:feed"),
    import_routes(PRICES, look="imports:read", change="imports:write"),
    run_routes([PRICES.resource]),
)


def make_app(settings: PricingSettings, clock: Clock | None = None, keys: KeySource | None = None) -> FastAPI:
    """The ASGI app; connections are opened on first use and closed when it ends.

    `keys` replaces the public keys fetched from accounts.
    """
    clock = clock or SystemClock()
    database = Database.connect(
        settings.database_url.get_secret_value(),
        name="pricing-api",
        pool_size=settings.database_pool,
        hot_size=settings.hot_connections,
    )
    wiring = wire(settings, database, clock)
    app = build_app(
        title=TITLE,
        settings=settings,
        verifier=TokenVerifier(keys or wiring.keys, settings.token_issuer, clock),
        health=Health({"database": database_probe(database)}),
        routers=ROUTERS,
        translated=FAILURES,
        wiring=wiring,
        cursors=wiring.cursors,
        repeats=wiring.repeats,
        on_stop=[wiring.accounts.close, database.close],
    )
    # It stands before the one that declares it, and hands on what it does not understand.
    app.router.routes[:0] = hot_routes(price_routes)
    return app


def serve() -> None:
    """The process `pricing api`: settings from the environment, then HTTP until it is told to stop."""
    settings = begin("pricing-api", PricingSettings)
    server.serve(make_app(settings), settings)


def contract() -> dict[str, Any]:
    """The OpenAPI document, made without settings, database or network."""
    app = FastAPI(title=TITLE)
    for router in ROUTERS:
        app.include_router(router)
    return openapi.service_document(app, TITLE)
