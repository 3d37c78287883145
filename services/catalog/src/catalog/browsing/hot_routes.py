"""The hot reads of a channel: answered from memory where nothing they rest on has changed.

Plain routes that stand before FastAPI's. What is not kept goes on to the route that declares the operation,
so there is one place that reads parameters and one that asks the database.
"""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from catalog.browsing.keeping import Kept, Question, key_of
from catalog.browsing.queries import SEES_STOCK
from catalog.wiring import Wiring
from chassis.routing import HotRoute
from chassis.security import channel

_SEES_PRODUCTS: Final = channel("products:read")


class _Recorded:
    """Passes an answer on and remembers it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._status = 0
        self._headers: tuple[tuple[bytes, bytes], ...] = ()
        self._body: list[bytes] = []
        self._whole = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            # Before the boundary adds its own, which are the request's and not the answer's.
            self._headers = tuple(message["headers"])
        else:
            self._body.append(message.get("body", b""))
            self._whole = not message.get("more_body", False)
        await self._send(message)

    @property
    def answer(self) -> Kept | None:
        """The whole answer if it is one to be given again."""
        good = self._whole and self._status == 200
        return Kept(b"".join(self._body), self._headers) if good else None


class KeptRead:
    """ASGI app around the route of one read."""

    def __init__(self, declared: ASGIApp) -> None:
        self._declared = declared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        principal = await _SEES_PRODUCTS(request)
        wiring: Wiring = request.app.state.wiring
        audience = await wiring.audiences.of(principal)
        key = key_of(
            Question(scope["path"], scope["query_string"], request.headers.get("accept-language")),
            audience=audience,
            account_id=principal.account_id,
            sees_stock=principal.may(SEES_STOCK),
            # Before the data is read: what is kept may be newer than its key says, never older.
            changes=await wiring.revisions.now(),
        )
        kept = wiring.kept.find(key)
        if kept is not None:
            await _give(kept, send)
            return
        recorded = _Recorded(send)
        # The route asks for the audience itself: were it another than the key's, others would see its answer.
        with wiring.audiences.holding(principal, audience):
            await self._declared(scope, receive, recorded)
        if recorded.answer is not None:
            wiring.kept.keep(key, recorded.answer)


async def _give(kept: Kept, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": list(kept.headers)})
    await send({"type": "http.response.body", "body": kept.body})


def hot_routes(router: APIRouter) -> Sequence[HotRoute]:
    """A plain route in front of every GET of the router."""
    found = [route for route in router.routes if isinstance(route, APIRoute) and route.methods == {"GET"}]
    return [HotRoute(route.path, KeptRead(route.app), methods=["GET"]) for route in found]
