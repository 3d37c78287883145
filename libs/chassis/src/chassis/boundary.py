"""The request boundary, one pure ASGI middleware: ids, deadline, access log and metrics."""

import time
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import context, problems
from chassis.failures import TooLarge
from chassis.metrics import DURATION, REQUESTS

DEADLINE_HEADER: Final = "x-deadline-ms"
_DEFAULT_SECONDS: Final = 30.0
_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_log = structlog.get_logger("access")


class Boundary:
    """Accepts or makes request id and trace, takes over the caller's deadline, logs and counts the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = context.accept_request_id(headers.get("x-request-id"))
        context.request_id.set(request_id)
        context.traceparent.set(context.accept_traceparent(headers.get("traceparent")))
        context.deadline.set(time.monotonic() + _budget(headers.get(DEADLINE_HEADER)))
        started = time.perf_counter()
        status = 500
        replaced = False

        async def observe(message: Message) -> None:
            nonlocal status, replaced
            if replaced:
                return
            if _is_plain_refusal(message):
                await problems.render(TooLarge())(scope, receive, observe)
                replaced = True
                return
            if message["type"] == "http.response.start":
                status = message["status"]
                answer = MutableHeaders(scope=message)
                answer["x-request-id"] = request_id
                # Every answer may be personal; what is public says so itself.
                answer.setdefault("cache-control", "no-store")
                answer.setdefault("x-content-type-options", "nosniff")
            await send(message)

        try:
            await self._app(scope, receive, observe)
        finally:
            self._record(scope, status, time.perf_counter() - started)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        if scope["path"] in _QUIET:
            return
        # The template, never the path as sent: paths of callers would be labels without end.
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        REQUESTS.labels(method, route, str(status)).inc()
        DURATION.labels(method, route).observe(seconds)
        principal = scope.get("principal")
        _log.info(
            "request",
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            subject=principal.subject if principal else None,
        )


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _is_plain_refusal(message: Message) -> bool:
    """Whether Starlette's body limit answers by itself, in plain text, before any route could."""
    if message["type"] != "http.response.start" or message["status"] != TooLarge.status:
        return False
    return Headers(raw=message["headers"]).get("content-type", "").startswith("text/plain")


def _budget(milliseconds: str | None) -> float:
    """Seconds the caller gives, at most the default."""
    if (
        milliseconds is None
        or not milliseconds.isascii()
        or not milliseconds.isdigit()
        or len(milliseconds) > 6
    ):
        return _DEFAULT_SECONDS
    return min(int(milliseconds) / 1000, _DEFAULT_SECONDS)
