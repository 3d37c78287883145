"""Runs an ASGI app, alone or beside background loops, and drains it on SIGTERM."""

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from chassis.health import Health, health_routes
from chassis.settings import Settings, StatefulSettings

Loop = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
_log = structlog.get_logger(__name__)


def _config(app: ASGIApp, host: str, port: int, shutdown_seconds: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=shutdown_seconds,
        timeout_keep_alive=30,
        backlog=2048,
    )


def settle() -> None:
    """Call when a process is built: full passes of the garbage collector skip what is there by now.

    All that was imported lives as long as the process. Looking through it again takes a tenth of a second, in
    the middle of some request or chunk.
    """
    gc.freeze()


class _Beside(uvicorn.Server):
    """A server beside loops: it leaves signals to the worker, where uvicorn would end the process."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve(app: ASGIApp, settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT, then lets running requests finish."""
    settle()
    with asyncio.Runner(
        loop_factory=uvicorn.Config(app, loop="uvloop", log_config=None).get_loop_factory()
    ) as runner:
        runner.run(
            uvicorn.Server(_config(app, settings.host, settings.port, settings.shutdown_seconds)).serve()
        )


def work(
    make: Callable[[], Awaitable[tuple[Health, Sequence[Loop], Callable[[], Awaitable[None]]]]],
    settings: StatefulSettings,
) -> None:
    """Runs a worker: its loops, and a page with health and metrics, until SIGTERM or SIGINT.

    `make` builds, inside the event loop, the health, the loops and what closes them. A loop is told by the
    event to end; one that ends by itself is a mistake and ends the process, so that its supervisor sees it.
    """

    async def main() -> None:
        health, loops, close = await make()
        settle()
        page = Starlette(routes=health_routes(health))
        server = _Beside(_config(page, settings.host, settings.worker_port, settings.shutdown_seconds))
        stop = asyncio.Event()
        for told in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(told, server.handle_exit, told, None)
        tasks = [asyncio.ensure_future(loop(stop)) for loop in loops]
        serving = asyncio.ensure_future(server.serve())
        done, _ = await asyncio.wait([serving, *tasks], return_when=asyncio.FIRST_COMPLETED)
        if serving not in done:
            _log.error("worker_loop_ended")
        stop.set()
        server.should_exit = True
        outcomes = await asyncio.gather(serving, *tasks, return_exceptions=True)
        await close()
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError):
                raise outcome

    with asyncio.Runner(
        loop_factory=uvicorn.Config(Starlette(), loop="uvloop", log_config=None).get_loop_factory()
    ) as runner:
        runner.run(main())
