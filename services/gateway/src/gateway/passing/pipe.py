"""The pipe: one request to the service that answers it and its answer back, both as streams."""

import time
from collections.abc import AsyncIterator, Mapping
from typing import Final

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from chassis import context
from chassis.failures import Malformed, TooLarge
from chassis.security import authenticate
from chassis.upstream import Upstream
from gateway.passing.table import Load, Operation, RouteTable
from gateway.settings import GatewaySettings

_CHUNK: Final = 65_536
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
        body = await _Body.of(request, self._limits[operation.load])
        seconds = self._seconds(operation)
        # The way in decides how long it may take: an upload outlives what any other caller is granted.
        context.deadline.set(time.monotonic() + seconds)
        upstream = self._upstreams[operation.service]
        async with upstream.open(
            operation.method, _target(scope), headers=_outgoing(request), body=body, timeout=seconds
        ) as answer:
            headers = [
                (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
                for name, value in answer.headers.items()
                if name.lower() not in _NOT_RETURNED
            ]
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            async for chunk in answer.content.iter_chunked(_CHUNK):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})

    def _seconds(self, operation: Operation) -> float:
        settings = self._settings
        return settings.import_seconds if operation.load is Load.IMPORT else settings.pass_seconds


class _Body:
    """The request's body, handed on as it arrives and counted."""

    @staticmethod
    async def of(request: Request, limit: int) -> AsyncIterator[bytes] | None:
        """None when there is no body. Raises TooLarge, at once if the caller says how much it will send."""
        declared = request.headers.get("content-length")
        if declared is None and "transfer-encoding" not in request.headers:
            return None
        if declared is not None:
            if not declared.isascii() or not declared.isdigit():
                raise Malformed("Content-Length is not a number")
            if int(declared) == 0:
                return None
            if int(declared) > limit:
                raise TooLarge(f"at most {limit} bytes")
        return _Body._counted(request, limit)

    @staticmethod
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
