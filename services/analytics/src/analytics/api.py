"""Composition root of the API process."""

from typing import Any, Final

from fastapi import APIRouter, FastAPI

from analytics.activity.routes import routes as activity_routes
from analytics.completeness.routes import routes as completeness_routes
from analytics.freshness.routes import routes as freshness_routes
from analytics.settings import AnalyticsSettings
from analytics.turnover.routes import routes as turnover_routes
from analytics.usage.routes import routes as usage_routes
from analytics.wiring import wire
from chassis import openapi, server
from chassis.application import build_app
from chassis.clock import Clock, SystemClock
from chassis.database import Database
from chassis.database_answers import FAILURES, database_probe
from chassis.health import Health
from chassis.process import begin
from chassis.tokens import KeySource, TokenVerifier

TITLE: Final = "analytics"
ROUTERS: Final[tuple[APIRouter, ...]] = (
    turnover_routes,
    activity_routes,
    usage_routes,
    completeness_routes,
    freshness_routes,
)


def make_app(
    settings: AnalyticsSettings, clock: Clock | None = None, keys: KeySource | None = None
) -> FastAPI:
    """The ASGI app; connections are opened when it starts and closed when it ends.

    `keys` replaces the public keys of accounts.
    """
    clock = clock or SystemClock()
    database = Database.connect(
        settings.database_url.get_secret_value(), name="analytics-api", pool_size=settings.database_pool
    )
    wiring = wire(settings, database, clock)
    return build_app(
        title=TITLE,
        settings=settings,
        verifier=TokenVerifier(keys or wiring.keys, settings.token_issuer, clock),
        health=Health({"database": database_probe(database)}),
        routers=ROUTERS,
        translated=FAILURES,
        wiring=wiring,
        cursors=wiring.cursors,
        on_stop=[wiring.accounts.close, database.close],
    )


def serve() -> None:
    """The process `analytics api`: settings from the environment, then HTTP until it is told to stop."""
    settings = begin("analytics-api", AnalyticsSettings)
    server.serve(make_app(settings), settings)


def contract() -> dict[str, Any]:
    """The OpenAPI document, made without settings, database or network."""
    app = FastAPI(title=TITLE)
    for router in ROUTERS:
        app.include_router(router)
    return openapi.service_document(app, TITLE)
