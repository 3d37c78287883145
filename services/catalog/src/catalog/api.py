"""Composition root of the API process."""

from typing import Any

from fastapi import APIRouter, FastAPI

from catalog.audiences.followers import VisibilityFollowers
from catalog.audit.routes import routes as audit_routes
from catalog.browsing.routes import routes as browsing_routes
from catalog.settings import CatalogSettings
from catalog.wiring import wire
from chassis import openapi
from chassis.application import build_app
from chassis.clock import Clock, SystemClock
from chassis.database import Database
from chassis.health import Health, database_probe
from chassis.tokens import FetchedKeys, JwksFetch, KeySource, TokenVerifier
from chassis.upstream import Upstream, UpstreamDown

TITLE = "catalog"
ROUTERS: tuple[APIRouter, ...] = (browsing_routes, audit_routes)


def make_app(
    settings: CatalogSettings, clock: Clock | None = None, keys: KeySource | None = None
) -> FastAPI:
    """The ASGI app; connections are opened when it starts and closed when it ends."""
    clock = clock or SystemClock()
    database = Database.connect(
        settings.database_url.get_secret_value(), name="catalog-api", pool_size=settings.database_pool
    )
    pricing = Upstream("pricing", settings.pricing_url)
    accounts = Upstream("accounts", settings.accounts_url)
    wiring = wire(settings, database, clock, pricing)
    followers = VisibilityFollowers(settings.kafka_bootstrap, wiring.audiences)
    return build_app(
        title=TITLE,
        settings=settings,
        verifier=TokenVerifier(keys or FetchedKeys(_jwks(accounts)), settings.token_issuer, clock),
        health=Health({"database": database_probe(database), "visibility_events": followers.probe()}),
        routers=ROUTERS,
        wiring=wiring,
        cursors=wiring.cursors,
        on_start=[followers.start],
        on_stop=[followers.stop, pricing.close, accounts.close, database.close],
    )


def _jwks(accounts: Upstream) -> JwksFetch:
    async def fetch() -> dict[str, Any]:
        answer = await accounts.call("GET", "/.well-known/jwks.json")
        if answer.status != 200:
            raise UpstreamDown("accounts")
        document: dict[str, Any] = answer.json()
        return document

    return fetch


def contract() -> dict[str, Any]:
    """The OpenAPI document, made without settings, database or network."""
    app = FastAPI(title=TITLE)
    for router in ROUTERS:
        app.include_router(router)
    return openapi.service_document(app, TITLE)
