"""CORS: browsers may call from the origins of the registered channels, and from no other page."""

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.principal import Principal
from eventing.envelope import Arrived
from gateway.consumers import ChannelSeen

_METHODS: Final = "GET, POST, PUT, PATCH, DELETE"
_HEADERS: Final = (
    "Authorization, Content-Type, Accept-Language, Idempotency-Key, If-Match, If-None-Match, "
    "Traceparent, X-Request-Id"
)
_EXPOSED: Final = (
    "ETag, Link, Location, Content-Language, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id"
)
_PREFLIGHT_SECONDS: Final = "600"


class Origins:
    """Who may call what: a channel's origins the channel surface, configured ones the admin surface."""

    def __init__(self, admin_origins: str) -> None:
        self._by_channel: dict[str, frozenset[str]] = {}
        self._channel: frozenset[str] = frozenset()
        self._admin = frozenset(filter(None, (origin.strip() for origin in admin_origins.split(","))))

    def on_channel(self, arrived: Arrived[ChannelSeen]) -> None:
        """Takes over a channel's state."""
        if arrived.value is None:
            self._by_channel.pop(arrived.key, None)
        else:
            self._by_channel[arrived.key] = frozenset(arrived.value.origins)
        self._channel = frozenset().union(*self._by_channel.values())

    def admit(self, origin: str, path: str, channel_id: str | None = None) -> bool:
        """Whether a page of this origin may call the path, with a token of this channel if one is shown.

        A preflight and a log-in show none: there the origin of any channel will do.
        """
        if path.startswith(("/admin/", "/integration/")):
            return path.startswith("/admin/") and origin in self._admin
        if channel_id is not None:
            return origin in self._by_channel.get(channel_id, ()) or origin in self._admin
        return origin in self._channel or origin in self._admin


class Cors:
    """ASGI middleware: answers preflights and marks answers for the origins that may read them.

    Credentials are never allowed: a token travels in a header that the page sets itself.
    """

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        origin = headers.get("origin")
        if origin is None:
            await self._app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            allowed = self._origins.admit(origin, scope["path"])
            await _preflight(origin if allowed else None)(scope, receive, send)
            return

        async def mark(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer.add_vary_header("Origin")
                # Whose token it is was found out on the way; a refusal before that is for every channel.
                principal: Principal | None = scope.get("principal")
                channel_id = principal.channel_id if principal else None
                if self._origins.admit(origin, scope["path"], channel_id):
                    answer["Access-Control-Allow-Origin"] = origin
                    answer["Access-Control-Expose-Headers"] = _EXPOSED
            await send(message)

        await self._app(scope, receive, mark)


def _preflight(origin: str | None) -> Response:
    headers = {"Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"}
    if origin is not None:
        headers |= {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": _HEADERS,
            "Access-Control-Max-Age": _PREFLIGHT_SECONDS,
        }
    return Response(status_code=204, headers=headers)
