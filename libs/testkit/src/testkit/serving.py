"""ASGI apps on loopback sockets, in the test's own event loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from local_stack.ports import LOOPBACK, free_port


@asynccontextmanager
async def serving(app: ASGIApp, port: int | None = None) -> AsyncIterator[str]:
    """The address under which the app answers; closed afterwards, connections and all."""
    port = port or free_port()
    config = uvicorn.Config(
        app,
        host=LOOPBACK,
        port=port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=30,  # as `chassis.server` has it: callers keep connections nearly as long
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve())  # `serve` would take over the signals of the test run
    while not server.started:
        if running.done():
            running.result()
        await asyncio.sleep(0.01)
    try:
        yield f"http://{LOOPBACK}:{port}"
    finally:
        server.should_exit = True
        await running
