"""Precedence: under load orders come before browsing, and browsing before analytics."""

from collections.abc import Callable
from enum import Enum
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from chassis import problems
from chassis.failures import Unavailable
from gateway.admission.limits import UNLIMITED

_RETRY_SECONDS: Final = 2


class Rank(Enum):
    """What a request is for; its value is the share of all places it may find taken."""

    ORDERING = 1.0
    BROWSING = 0.8
    ANALYSING = 0.5


_RANKS: Final = {"order_export": Rank.ORDERING, "analytics": Rank.ANALYSING}
_LEAST: Final = min(rank.value for rank in Rank)

OwnerOf = Callable[[str, str], str | None]
"""The service that answers an operation, by method and path; None where no other service does."""


class Precedence:
    """ASGI middleware: answers so many requests at once and sheds what would take the better ones' places."""

    def __init__(self, app: ASGIApp, at_once: int, owner_of: OwnerOf) -> None:
        self._app = app
        self._at_once = at_once
        self._owner_of = owner_of
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in UNLIMITED:
            await self._app(scope, receive, send)
            return
        if not self._has_place(scope):
            busy = Unavailable("too much is being asked just now", retry_after=_RETRY_SECONDS)
            await problems.render(busy)(scope, receive, send)
            return
        self._inside += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._inside -= 1

    def _has_place(self, scope: Scope) -> bool:
        # Nearly always there is room for anybody, and nobody need be looked up.
        if self._inside < self._at_once * _LEAST:
            return True
        owner = self._owner_of(scope["method"], scope["path"])
        return self._inside < self._at_once * _RANKS.get(owner or "", Rank.BROWSING).value
