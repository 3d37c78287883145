"""An ERP that is pushed to: a real server that books orders, and can be made to misbehave."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


@dataclass
class Erp:
    """`behaviour`: book, refuse, busy, book_and_hang, hang, no_number, broken; lookups may fail apart."""

    url: str = ""
    behaviour: str = "book"
    lookup_works: bool = True
    booked: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    tokens_given: int = 0

    def push(self, **changes: Any) -> dict[str, Any]:
        """Push settings of a connector to this ERP."""
        return {"url": f"{self.url}/orders", "number_pointer": "/no", "timeout_seconds": 1, **changes}

    def lookup(self) -> dict[str, Any]:
        """What looking up needs besides."""
        return {"lookup_url": f"{self.url}/orders?ref={{order_number}}", "lookup_pointer": "/found/0/no"}

    async def book(self, request: Request) -> Response:
        """Takes an order, or does not."""
        body = await request.json()
        number = body.get("order_number") or body.get("ref")
        self.calls.append("send")
        self.bodies.append(body)
        self.raw.append(await request.body())
        self.headers.append(dict(request.headers))
        if self.behaviour in ("book", "book_and_hang", "no_number"):
            self.booked.setdefault(number, f"E{len(self.booked) + 1}")
        if self.behaviour in ("hang", "book_and_hang"):
            await asyncio.sleep(3)
        answers = {
            "refuse": Response("no such item", 422),
            "busy": Response(status_code=503),
            "broken": Response(status_code=500),
            "no_number": JSONResponse({}),
        }
        return answers.get(self.behaviour) or JSONResponse({"no": self.booked.get(number)})

    async def find(self, request: Request) -> Response:
        """Looks an order up by our number."""
        self.calls.append("find")
        if not self.lookup_works:
            return Response(status_code=500)
        number = self.booked.get(request.query_params["ref"])
        return JSONResponse({"found": [] if number is None else [{"no": number}]})

    async def token(self, _: Request) -> Response:
        """Gives an OAuth token."""
        self.tokens_given += 1
        return JSONResponse({"access_token": f"token-{self.tokens_given}", "token_type": "Bearer"})

    def app(self) -> Starlette:
        """The ERP's web service."""
        return Starlette(
            routes=[
                Route("/orders", self.book, methods=["POST", "PUT"]),
                Route("/orders", self.find, methods=["GET"]),
                Route("/token", self.token, methods=["POST"]),
            ]
        )
