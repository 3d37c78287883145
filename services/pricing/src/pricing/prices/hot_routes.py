"""The hot question for prices: products by id and nothing else, from a user, read without FastAPI's parsing.

A plain route that stands before FastAPI's. Any other question goes on, as it came, to the route that declares
the operation.
"""

import re
from typing import Final

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.principal import Caller
from chassis.routing import HotRoute
from chassis.security import internal
from pricing.prices.routes import CALLERS, PATH, answer_user
from pricing.prices.service import Asked
from pricing.wiring import Wiring

MOST_ITEMS: Final = 1_000
_ID: Final = rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_ITEM: Final = rb'\{"product_id":"' + _ID + rb'"\}'
# The whole body or nothing: JSON of this shape has no other reading, so nothing is let through by it.
_PLAIN: Final = re.compile(rb'\{"items":\[' + _ITEM + rb"(?:," + _ITEM + rb")*\]\}")
_EACH: Final = re.compile(_ID)
_authenticated: Final = internal(*CALLERS)


def plain_ids(body: bytes) -> list[str] | None:
    """The product ids of a question that names nothing but products; None for any other body."""
    if _PLAIN.fullmatch(body) is None:
        return None
    ids = _EACH.findall(body)
    return [found.decode() for found in ids] if len(ids) <= MOST_ITEMS else None


class PlainQuestion:
    """ASGI app around the route that answers every question."""

    def __init__(self, declared: ASGIApp) -> None:
        self._declared = declared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        principal = await _authenticated(request)
        body = await request.body()
        plain = request.headers.get("content-type") == "application/json" and not scope["query_string"]
        ids = plain_ids(body) if plain and principal.caller is Caller.USER else None
        if ids is None:
            await self._declared(scope, _again(body, receive), send)
            return
        wiring: Wiring = request.app.state.wiring
        response = await answer_user(wiring, principal, [Asked(found) for found in ids], evidence=False)
        await response(scope, receive, send)


def _again(body: bytes, receive: Receive) -> Receive:
    """The body once more, then whatever comes after it."""
    given = False

    async def once_more() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once_more


def hot_routes(router: APIRouter) -> list[HotRoute]:
    """The plain route in front of the declared one."""
    declared = next(route for route in router.routes if isinstance(route, APIRoute) and route.path == PATH)
    return [HotRoute(PATH, PlainQuestion(declared.app), methods=["POST"])]
