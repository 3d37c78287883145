"""Composition root of the API process."""

from typing import Any

from fastapi import APIRouter, FastAPI

from accounts.catalogues.routes import routes as catalogue_routes
from accounts.channels.routes import routes as channel_routes
from accounts.clients.routes import routes as client_routes
from accounts.customer_accounts.feed import ACCOUNTS, ADDRESSES
from accounts.customer_accounts.routes import routes as account_routes
from accounts.internal import routes as internal_routes
from accounts.keys.routes import routes as key_routes
from accounts.roles.routes import routes as role_routes
from accounts.sessions.routes import routes as session_routes
from accounts.settings import AccountsSettings
from accounts.staff.routes import routes as staff_routes
from accounts.upkeep import check_secret
from accounts.users.feed import USERS
from accounts.users.routes import routes as user_routes
from accounts.wiring import wire
from chassis import openapi, server
from chassis.application import build_app
from chassis.audit_routes import audit_routes
from chassis.clock import Clock, SystemClock
from chassis.database import Database
from chassis.database_answers import FAILURES, database_probe
from chassis.health import Health
from chassis.process import begin
from chassis.tokens import TokenVerifier
from feeds.admin_routes import admin_routes as import_routes
from feeds.admin_routes import internal_routes as run_routes
from feeds.routes import integration_routes

TITLE = "accounts"
FED = ((ACCOUNTS, "accounts:feed"), (ADDRESSES, "accounts:feed"), (USERS, "users:feed"))
ROUTERS: tuple[APIRouter, ...] = (
    key_routes,
    session_routes,
    # Before accounts and users by their ids, which would take `import-profiles` for one.
    *(integration_routes(feed, permission=scope) for feed, scope in FED),
    *(import_routes(feed, look="imports:read", change="imports:write") for feed, _ in FED),
    user_routes,
    account_routes,
    catalogue_routes,
    role_routes,
    staff_routes,
    client_routes,
    channel_routes,
    audit_routes("audit", "Who changed what, newest first"),
    internal_routes,
    run_routes([feed.resource for feed, _ in FED]),
)


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
        translated=FAILURES,
        wiring=wiring,
        cursors=wiring.cursors,
        repeats=wiring.repeats,
        loops=[wiring.notices.run],
        on_stop=[wiring.passwords.close, database.close],
    )


def serve() -> None:
    """The process `accounts api`: settings from the environment, then HTTP until it is told to stop."""
    settings = begin("accounts-api", AccountsSettings)
    check_secret(settings)
    server.serve(make_app(settings), settings)


def contract() -> dict[str, Any]:
    """The OpenAPI document, made without settings, database or network."""
    app = FastAPI(title=TITLE)
    for router in ROUTERS:
        app.include_router(router)
    return openapi.service_document(app, TITLE)
