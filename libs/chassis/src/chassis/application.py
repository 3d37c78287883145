"""Builds a service's ASGI app: problems, boundary, health, contract and the lifetime of its parts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from chassis import openapi, problems
from chassis.boundary import Boundary
from chassis.health import Health, health_routes
from chassis.pages import Cursors
from chassis.repeatable import Repeater
from chassis.server import Loop
from chassis.settings import Settings
from chassis.tokens import TokenVerifier

Closing = Callable[[], Awaitable[None]]


class ServiceApp(FastAPI):
    """A FastAPI app whose request boundary lies outside everything, its own error page included."""

    def build_middleware_stack(self) -> ASGIApp:
        return Boundary(super().build_middleware_stack())


def build_app(
    *,
    title: str,
    settings: Settings,
    verifier: TokenVerifier,
    health: Health,
    routers: Sequence[APIRouter],
    wiring: object,
    cursors: Cursors | None = None,
    repeats: Repeater | None = None,
    translated: Mapping[type[Exception], problems.Translation] = MappingProxyType({}),
    loops: Sequence[Loop] = (),
    on_start: Sequence[Callable[[], Awaitable[None]]] = (),
    on_stop: Sequence[Closing] = (),
    middleware: Sequence[Middleware] = (),
) -> FastAPI:
    """The app of one service. `wiring` is what its routes find in `request.app.state.wiring`.

    Without `repeats` an Idempotency-Key is not read. `translated` says what failures of its parts are to a
    caller (`database_answers.FAILURES` for whoever has a database). `loops` run beside it and are told by an
    event to end. `on_stop` runs in the order given, after the last request was answered. `middleware` stands
    inside the request boundary, the first outermost.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        for start in on_start:
            await start()
        stopping = asyncio.Event()
        tasks = [asyncio.create_task(loop(stopping)) for loop in loops]
        yield
        stopping.set()
        await asyncio.gather(*tasks)
        for stop in on_stop:
            await stop()

    app = ServiceApp(
        title=title,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        middleware=list(middleware),
        # A redirect would be built from the Host header, which is the caller's.
        redirect_slashes=False,
        max_body_size=settings.body_limit,
        telemetry={"tracing": bool(settings.otlp_endpoint), "metrics": False, "logs": False},
    )
    app.state.verifier = verifier
    app.state.wiring = wiring
    app.state.cursors = cursors
    app.state.repeats = repeats
    problems.install(app, translated)
    for router in routers:
        app.include_router(router)
    app.routes.extend([*health_routes(health), Route("/internal/openapi.json", _contract(app, title))])
    return app


def _contract(app: FastAPI, title: str) -> Callable[[Request], Awaitable[Response]]:
    document: dict[str, Any] = {}

    async def page(_: Request) -> Response:
        if not document:
            document.update(openapi.service_document(app, title))
        return JSONResponse(document)

    return page
