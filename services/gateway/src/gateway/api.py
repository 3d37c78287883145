"""Composition root of the API process."""

import asyncio
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route

from chassis import openapi, server
from chassis.application import build_app
from chassis.clock import Clock, SystemClock
from chassis.health import Check, Health, Probe, State
from chassis.pages import Cursors
from chassis.process import begin
from chassis.server import Loop
from eventing.kafka import silence_client_logs
from eventing.loops import keep_going
from eventing.metrics import EventMetrics
from gateway.admission.bodies import SlowBodies
from gateway.admission.limits import Limits
from gateway.admission.origins import Cors
from gateway.admission.precedence import Precedence
from gateway.documents.reading import library_of
from gateway.documents.routes import document_routes
from gateway.imports.routes import routes as import_routes
from gateway.passing.pipe import Pipe
from gateway.passing.table import read_contracts, table_of
from gateway.products.routes import HOT
from gateway.products.routes import routes as product_routes
from gateway.settings import GatewaySettings
from gateway.wiring import Wiring, wire

TITLE: Final = "gateway"
ROUTERS: Final[tuple[APIRouter, ...]] = (product_routes, import_routes)


def make_app(settings: GatewaySettings, clock: Clock | None = None) -> FastAPI:
    """The ASGI app; followers start with it, connections are opened on first use.

    Raises FileNotFoundError without the published contracts, from which the routes are made.
    """
    documents = read_contracts(settings.contracts_dir)
    wiring = wire(settings, table_of(documents), clock or SystemClock())
    silence_client_logs()
    app = build_app(
        title=TITLE,
        settings=settings,
        verifier=wiring.verifier,
        health=Health({"revocations": wiring.revocations.probe, "channels": _channels_probe(wiring)}),
        routers=ROUTERS,
        wiring=wiring,
        cursors=Cursors(settings.cursor_secret.get_secret_value()),
        loops=[_kept(name, loop, wiring.metrics) for name, loop in _loops(wiring).items()],
        on_stop=[upstream.close for upstream in wiring.upstreams.values()],
        middleware=[
            Middleware(Cors, wiring.origins),
            Middleware(Precedence, settings.at_once, wiring.table.owner_of),
            Middleware(Limits, wiring.verifier, wiring.policies, wiring.buckets, wiring.table.tries_secrets),
            Middleware(SlowBodies, settings.stall_seconds, settings.body_seconds, wiring.table.is_upload),
        ],
    )
    # The hot routes stand before those that declare them; whatever is left goes through the pipe.
    app.router.routes[:0] = [*HOT, *document_routes(library_of(documents))]
    app.router.routes = [route for route in app.router.routes if not _is_internal(route)]
    app.router.default = Pipe(wiring.table, wiring.upstreams, settings)
    return app


def _loops(wiring: Wiring) -> dict[str, Loop]:
    """What runs beside the server, by name."""
    return {
        "revocations-topic": wiring.revocation_follower.run,
        "revocations-fallback": wiring.revocations.run,
        "channels-topic": wiring.channel_follower.run,
        "notices": wiring.notices.run,
    }


def _kept(name: str, loop: Loop, metrics: EventMetrics) -> Loop:
    async def run(stop: asyncio.Event) -> None:
        await keep_going(name, loop, stop, metrics)

    return run


def _is_internal(route: BaseRoute) -> bool:
    # Every service answers /internal/openapi.json; at the only door from outside nothing internal answers.
    return isinstance(route, Route) and route.path.startswith("/internal")


def _channels_probe(wiring: Wiring) -> Probe:
    async def probe() -> Check:
        if wiring.channel_follower.ready:
            return Check(State.READY)
        return Check(State.DEGRADED, "the origins of channels are not known yet: browsers are refused")

    return probe


def serve() -> None:
    """The process `gateway api`: settings from the environment, then HTTP until it is told to stop."""
    settings = begin("gateway", GatewaySettings)
    server.serve(make_app(settings), settings)


def contract() -> dict[str, Any]:
    """The OpenAPI document of the composed operations, made without settings, files or network."""
    app = FastAPI(title=TITLE)
    for router in ROUTERS:
        app.include_router(router)
    return openapi.service_document(app, TITLE)
