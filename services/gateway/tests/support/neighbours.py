"""The other services as small real servers that speak their contract, and remember what they were asked."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from services.gateway.tests.support.tokens import Tokens
from testkit.serving import serving

SEEN = "018f0000-0000-7000-8000-000000000001"
PRICELESS = "018f0000-0000-7000-8000-000000000002"
UNSEEN = "018f0000-0000-7000-8000-000000000003"

TITLE = 'Café "noir", 5.20}'


@dataclass
class Neighbours:
    """What the neighbours know, were asked, and where they are."""

    tokens: Tokens = field(default_factory=Tokens)
    urls: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    received: int = 0
    revocations: list[dict[str, Any]] = field(default_factory=list)
    accounts_answers: bool = True
    pricing_answers: bool = True

    def settings(self) -> dict[str, str]:
        """The gateway's settings that name them."""
        return {f"{service}_url": url for service, url in self.urls.items()}


def item(product_id: str, **more: Any) -> dict[str, Any]:
    """A product as catalog lists it."""
    return {
        "type": "product", "id": product_id, "external_id": f"SKU {product_id[-1]}", "title": TITLE,
        "brand": None, "category_ids": [], "base_unit": "PCS", "sales_unit": "PCS", "units": [],
        "order_terms": {"minimum": None, "multiple": None, "maximum": None}, "lifecycle": "active",
        "image": None,
        **more,
    }  # fmt: skip


PRICE: dict[str, Any] = {
    "status": "priced", "net_price": "12.500001", "gross_price": None, "discount_percent": None,
    "base_quantity": "1", "unit": "PCS", "currency": "EUR", "price_breaks": [],
}  # fmt: skip


async def _no_runs(_: Request) -> Response:
    return JSONResponse({"items": []})


def _accounts(known: Neighbours) -> Starlette:
    async def keys(_: Request) -> Response:
        return JSONResponse(known.tokens.jwks)

    async def revocations(request: Request) -> Response:
        if not known.accounts_answers:
            return JSONResponse({}, status_code=503)
        since = int(request.query_params["since"])
        items = [found for found in known.revocations if found["not_before"] >= since]
        return JSONResponse({"items": items, "now": int(time.time() * 1000)})

    async def echo(request: Request) -> Response:
        known.headers = dict(request.headers)
        body = await request.body()
        return JSONResponse({"path": request.url.path, "query": request.url.query, "body": body.decode()})

    return Starlette(
        routes=[
            Route("/.well-known/jwks.json", keys),
            Route("/internal/v1/revocations", revocations),
            Route("/internal/v1/imports", _no_runs),
            Route("/{path:path}", echo, methods=["GET", "POST", "PATCH"]),
        ]
    )


def suggestion(text: str) -> dict[str, str]:
    """A suggestion as catalog makes it."""
    return {"type": "product", "text": text, "id": SEEN, "external_id": "SKU 1"}


def _catalog(known: Neighbours) -> Starlette:
    async def products(request: Request) -> Response:
        known.asked.append(("catalog", request.url.path, request.url.query))
        group = item("018f0000-0000-7000-8000-00000000000a", type="variant_group")
        items = [] if request.query_params.get("q") == "nothing" else [item(SEEN), item(PRICELESS), group]
        headers = {"Content-Language": "nl", "Link": '</internal/v1/products?cursor=x>; rel="next"'}
        body: dict[str, Any] = {"items": items, "next_cursor": "next&page"}
        if "total" in request.query_params.get("include", ""):
            body["total"] = 41
        return JSONResponse(body, headers=headers)

    async def product(request: Request) -> Response:
        if request.path_params["product_id"] != SEEN:
            return JSONResponse({"code": "product_not_found"}, status_code=404)
        related = [{"type": "accessory", "product": item(PRICELESS)}]
        return JSONResponse(item(SEEN, variants=[item(PRICELESS)], relations=related))

    async def relations(_: Request) -> Response:
        related = [{"type": "accessory", "product": item(SEEN)}]
        return JSONResponse({"items": related, "next_cursor": None})

    async def ordering(request: Request) -> Response:
        wanted = [entry["product_id"] for entry in (await request.json())["items"]]
        return JSONResponse(
            {"items": [{"product_id": found, "visible": found != UNSEEN} for found in wanted]}
        )

    async def suggestions(request: Request) -> Response:
        return JSONResponse({"items": [suggestion(request.query_params["q"])]})

    async def receive(request: Request) -> Response:
        async for chunk in request.stream():
            known.received += len(chunk)
        return JSONResponse({"bytes": known.received}, status_code=202, headers={"Location": "/x"})

    async def runs(request: Request) -> Response:
        return JSONResponse({"items": [run("03", "products"), run("01", "stock")]})

    return Starlette(
        routes=[
            Route("/internal/v1/products", products),
            Route("/internal/v1/products/ordering", ordering, methods=["POST"]),
            Route("/internal/v1/products/{product_id}", product),
            Route("/internal/v1/products/{product_id}/relations", relations),
            Route("/internal/v1/suggestions", suggestions),
            Route("/internal/v1/imports", runs),
            Route("/integration/v1/products/imports", receive, methods=["POST"]),
            Route("/integration/v1/stock", receive, methods=["POST"]),
        ]
    )


def run(run_id: str, resource: str) -> dict[str, Any]:
    """An import run as feeds show it."""
    return {
        "id": run_id, "resource": resource, "client": "erp", "source": "erp-1", "scope": "", "mode": "full",
        "state": "done", "reason": None, "counts": {"created": 1}, "warnings": [], "measured": None,
        "progress_percent": 100, "released_by": None, "created_at": "2026-03-02T09:00:00Z",
        "received_at": None, "finished_at": None, "data_as_of": None,
    }  # fmt: skip


def _pricing(known: Neighbours) -> Starlette:
    async def prices(request: Request) -> Response:
        if not known.pricing_answers:
            return JSONResponse({"code": "unavailable"}, status_code=503)
        body = await request.json()
        known.asked.append(("pricing", request.url.path, orjson.dumps(body["items"]).decode()))
        priced = [
            {"product_id": asked["product_id"], "price": PRICE}
            for asked in body["items"]
            if asked["product_id"] != PRICELESS
        ]
        return JSONResponse({"items": priced})

    async def runs(_: Request) -> Response:
        return JSONResponse({"items": [run("02", "prices")]})

    return Starlette(
        routes=[
            Route("/internal/v1/prices", prices, methods=["POST"]),
            Route("/internal/v1/imports", runs),
        ]
    )


def _order_export(known: Neighbours) -> Starlette:
    async def orders(request: Request) -> Response:
        known.asked.append(("order_export", request.url.path, request.url.query))
        known.headers = dict(request.headers)
        await request.body()
        return JSONResponse(
            {"path": request.scope["raw_path"].decode(), "query": request.scope["query_string"].decode()},
            headers={"ETag": '"7"', "X-Request-Id": "inner"},
        )

    async def cut_off(_: Request) -> Response:
        async def half() -> AsyncIterator[bytes]:
            yield b"x" * 1000
            await asyncio.sleep(0.1)
            raise ConnectionAbortedError

        return StreamingResponse(half(), headers={"Content-Length": "2000"})

    return Starlette(
        routes=[
            Route("/internal/v1/imports", _no_runs),
            Route("/v1/orders/mine", cut_off),
            Route("/{path:path}", orders, methods=["GET", "POST"]),
        ]
    )


@asynccontextmanager
async def neighbourhood() -> AsyncIterator[Neighbours]:
    """All neighbours, answering."""
    known = Neighbours()
    apps = {
        "accounts": _accounts(known),
        "catalog": _catalog(known),
        "pricing": _pricing(known),
        "order_export": _order_export(known),
    }
    async with AsyncExitStack() as stack:
        for name, app in apps.items():
            known.urls[name] = await stack.enter_async_context(serving(app))
        yield known
