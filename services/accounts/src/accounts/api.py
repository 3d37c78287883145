"""Composition root of the API process."""

from typing import Any

from fastapi import APIRouter, FastAPI

from accounts.audit.routes import routes as audit_routes
from accounts.roles.routes import routes as role_routes
from accounts.settings import AccountsSettings
from accounts.wiring import Wiring, wire
from chassis import openapi
from chassis.application import build_app
from chassis.clock import Clock, SystemClock
from chassis.database import Database
from chassis.health import Health, database_probe
from chassis.tokens import TokenVerifier

TITLE = "accounts"
ROUTERS: tuple[APIRouter, ...] = (role_routes, audit_routes)


def make_app(settings: AccountsSettings, clock: Clock | None = None) -> FastAPI:
    """The ASGI app; connections are opened when it starts and closed when it ends."""
    clock = clock or SystemClock()
    database = Database.connect(
        settings.database_url.get_secret_value(), name="accounts-api", pool_size=settings.database_pool
    )
    wiring = wire(settings, database, clock)
    return build_app(
        title=TITLE,
        settings=settings,
        verifier=TokenVerifier(wiring.keys, settings.token_issuer, clock),
        health=Health({"database": database_probe(database)}),
        routers=ROUTERS,
        wiring=wiring,
        cursors=wiring.cursors,
        on_stop=[database.close],
    )


def contract() -> dict[str, Any]:
    """The OpenAPI document, made without settings, database or network."""
    app = FastAPI(title=TITLE)
    for router in ROUTERS:
        app.include_router(router)
    return openapi.service_document(app, TITLE)
