"""Bodies that stop arriving: a request is given up with 408 instead of being waited for."""

import asyncio
import time
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.failures import BodyTooSlow
from chassis.routing import has_body

IsUpload = Callable[[str, str], bool]
"""Whether an operation, by method and path, takes an upload that may last."""


class SlowBodies:
    """ASGI middleware: a body may stall for so long, and take so long as a whole; uploads only the first."""

    def __init__(self, app: ASGIApp, stall_seconds: float, body_seconds: float, is_upload: IsUpload) -> None:
        self._app = app
        self._stall_seconds = stall_seconds
        self._body_seconds = body_seconds
        self._is_upload = is_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises BodyTooSlow inside the app, from where the body is read."""
        if scope["type"] != "http" or not has_body(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        unlimited = self._is_upload(scope["method"], scope["path"])
        end = None if unlimited else time.monotonic() + self._body_seconds
        arrived = gave_up = False

        async def in_time() -> Message:
            nonlocal arrived, gave_up
            if arrived:  # what is waited for now is the caller hanging up
                return await receive()
            left = self._stall_seconds if end is None else min(self._stall_seconds, end - time.monotonic())
            try:
                async with asyncio.timeout(left):
                    message = await receive()
            except TimeoutError:
                gave_up = True
                raise BodyTooSlow from None
            arrived = not message.get("more_body", False)
            return message

        async def closing(message: Message) -> None:
            if gave_up and message["type"] == "http.response.start":
                # The rest of the body may still come and is nobody's.
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        await self._app(scope, in_time, closing)
