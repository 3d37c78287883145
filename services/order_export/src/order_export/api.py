"""Composition root of the API process."""

from typing import Any

from fastapi import APIRouter, FastAPI

from chassis import openapi, server
from chassis.application import build_app
from chassis.audit_routes import audit_routes
from chassis.clock import Clock, SystemClock
from chassis.database import Database
from chassis.database_answers import FAILURES, database_probe
from chassis.failures import Unavailable
from chassis.health import Health
from chassis.process import begin
from chassis.tokens import FetchedKeys, JwksFetch, KeySource, TokenVerifier
from chassis.upstream import Upstream
from feeds.admin_routes import admin_routes, internal_routes
from feeds.routes import integration_routes
from order_export.carts.routes import routes as cart_routes
from order_export.connectors.routes import routes as connector_routes
from order_export.exports.admin_routes import routes as export_admin_routes
from order_export.exports.routes import routes as export_routes
from order_export.orders.routes import routes as order_routes
from order_export.responses.feed import RESPONSES
from order_export.responses.routes import routes as response_routes
from order_export.settings import OrderExportSettings
from order_export.wiring import wire

TITLE = "order_export"
ROUTERS: tuple[APIRouter, ...] = (
    cart_routes,
    order_routes,
    export_routes,
    export_admin_routes,
    connector_routes,
    response_routes,
    audit_routes("order-audit", "Who changed what in connectors and exports, newest first"),
    integration_routes(RESPONSES, permission="orders:respond"),
    admin_routes(RESPONSES, look="imports:read", change="imports:write"),
    internal_routes([RESPONSES.resource]),
)


def make_app(
    settings: OrderExportSettings, clock: Clock | None = None, keys: KeySource | None = None
) -> FastAPI:
    """The ASGI app; connections are opened when it starts and closed when it ends.

    `keys` are the public keys of access tokens; without them accounts is asked.
    """
    clock = clock or SystemClock()
    database = Database.connect(
        settings.database_url.get_secret_value(), name="order_export-api", pool_size=settings.database_pool
    )
    wiring = wire(settings, database, clock)
    source = keys or FetchedKeys(_key_set(wiring.accounts))
    return build_app(
        title=TITLE,
        settings=settings,
        verifier=TokenVerifier(source, settings.token_issuer, clock),
        health=Health({"database": database_probe(database)}),
        routers=ROUTERS,
        translated=FAILURES,
        wiring=wiring,
        cursors=wiring.cursors,
        repeats=wiring.repeats,
        on_stop=[wiring.offers.close, database.close],
    )


def _key_set(accounts: Upstream) -> JwksFetch:
    async def fetch() -> dict[str, Any]:
        answer = await accounts.call("GET", "/.well-known/jwks.json")
        if answer.status != 200:
            raise Unavailable("accounts gives no keys")
        found: dict[str, Any] = answer.json()
        return found

    return fetch


def serve() -> None:
    """The process `order_export api`: settings from the environment, then HTTP until it is told to stop."""
    settings = begin("order_export-api", OrderExportSettings)
    server.serve(make_app(settings), settings)


def contract() -> dict[str, Any]:
    """The OpenAPI document, made without settings, database or network."""
    app = FastAPI(title=TITLE)
    for router in ROUTERS:
        app.include_router(router)
    return openapi.service_document(app, TITLE)
