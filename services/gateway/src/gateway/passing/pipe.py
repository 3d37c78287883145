"""The pipe: one request to the service that answers it and its answer back, both as streams."""

import time
from collections.abc import AsyncIterator, Mapping
from typing import Final

import aiohttp
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from chassis import context
from chassis.failures import Malformed, TooLarge
from chassis.security import authenticate
from chassis.upstream import Upstream
from gateway.passing.table import Load, Operation, RouteTable
from gateway.settings import GatewaySettings

_CHUNK: Final = 65_536
_LOOK_EVERY: Final = 16
_log = structlog.get_logger(__name__)
# Hop by hop (RFC 9110 §7.6.1), plus what the gateway itself says to a service.
_NOT_PASSED: Final = frozenset(
    {
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te",
        "trailer", "transfer-encoding", "upgrade", "host", "expect", "forwarded", "x-forwarded-for",
        "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "x-deadline-ms", "x-request-id", "traceparent",
    }
)  # fmt: skip
_NOT_RETURNED: Final = frozenset(
    {
        "connection", "keep-alive", "proxy-authenticate", "trailer", "transfer-encoding", "upgrade",
        "server", "date", "x-request-id",
    }
)  # fmt: skip


class Pipe:
    """ASGI app for every published operation that another service answers."""

    def __init__(
        self, table: RouteTable, upstreams: Mapping[str, Upstream], settings: GatewaySettings
    ) -> None:
        self._table = table
        self._upstreams = upstreams
        self._settings = settings
        self._limits = {
            Load.JSON: settings.json_limit,
            Load.BATCH: settings.batch_limit,
            Load.IMPORT: settings.body_limit,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises the failures of chassis; the app around it renders them."""
        operation = self._table.find(scope["method"], scope["raw_path"].decode("latin-1"))
        scope["route"] = operation
        request = Request(scope, receive)
        if not operation.public:
            await authenticate(request)
        body = _body(request, self._limits[operation.load])
        seconds = self._seconds(operation)
        # The way in decides how long it may take: an upload outlives what any other caller is granted.
        context.deadline.set(time.monotonic() + seconds)
        opened = self._upstreams[operation.service].open(
            operation.method, _target(scope), headers=_outgoing(request), body=body, timeout=seconds
        )
        try:
            async with opened as answer:
                await _return(answer, request if body is None else None, send)
        except ClientDisconnect:
            _log.info("caller_hung_up", route=operation.path)

    def _seconds(self, operation: Operation) -> float:
        settings = self._settings
        return settings.import_seconds if operation.load is Load.IMPORT else settings.pass_seconds


async def _return(answer: aiohttp.ClientResponse, request: Request | None, send: Send) -> None:
    """Sends an answer on as it comes; looks at `request`, if given, whether the caller is still there."""
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
        for name, value in answer.headers.items()
        if name.lower() not in _NOT_RETURNED
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    sent = 0
    try:
        async for chunk in answer.content.iter_chunked(_CHUNK):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            sent += 1
            if request is not None and sent % _LOOK_EVERY == 0 and await request.is_disconnected():
                raise ClientDisconnect
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        # Half an answer must not pass for a whole one: without its end the server cuts the connection.
        _log.warning("answer_broke_off", error=repr(error))
    else:
        await send({"type": "http.response.body", "body": b""})


def _body(request: Request, limit: int) -> AsyncIterator[bytes] | None:
    """The body as it arrives, counted; None when there is none. Raises TooLarge where it is declared so."""
    declared = request.headers.get("content-length")
    if declared is None:
        return _counted(request, limit) if "transfer-encoding" in request.headers else None
    if not declared.isascii() or not declared.isdigit():
        raise Malformed("Content-Length is not a number")
    if int(declared) > limit:
        raise TooLarge(f"at most {limit} bytes")
    return _counted(request, limit) if int(declared) else None


async def _counted(request: Request, limit: int) -> AsyncIterator[bytes]:
    seen = 0
    async for chunk in request.stream():
        seen += len(chunk)
        if seen > limit:
            raise TooLarge(f"at most {limit} bytes")
        if chunk:
            yield chunk


def _target(scope: Scope) -> str:
    """Path and query as sent; a byte that a URL may not hold is escaped, so that the query stays one."""
    query = "".join(
        chr(byte) if 0x21 <= byte <= 0x7E and byte != 0x23 else f"%{byte:02X}"
        for byte in scope["query_string"]
    )
    path: str = scope["raw_path"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _outgoing(request: Request) -> dict[str, str]:
    """The caller's headers, those apart that end here; a repeated one becomes a list (RFC 9110 §5.3)."""
    named = {name.strip().lower() for name in request.headers.get("connection", "").split(",")}
    outgoing: dict[str, str] = {"accept-encoding": "identity"}
    for name in request.headers:
        if name not in _NOT_PASSED and name not in named:
            outgoing[name] = ", ".join(request.headers.getlist(name))
    return outgoing
