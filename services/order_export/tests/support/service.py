"""The service in a test: its app on a real database, its parts, and callers of every kind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import func, select

from chassis.clock import Clock
from chassis.database import Database
from chassis.ids import new_id
from order_export import tables
from order_export.api import make_app
from order_export.settings import OrderExportSettings
from order_export.wiring import Wiring, wire
from services.order_export.tests.support.neighbours import Neighbours
from services.order_export.tests.support.tokens import TestTokens


@dataclass
class Service:
    """The running service with what a test needs to talk to it and to look behind it."""

    http: httpx.AsyncClient
    database: Database
    wiring: Wiring
    settings: OrderExportSettings
    neighbours: Neighbours
    tokens: TestTokens

    async def connector(self, **changes: Any) -> dict[str, Any]:
        """A pull connector named erp, or as changed."""
        body = {"code": "erp", "name": "ERP", "source": "erp", "protocol": "pull", **changes}
        answer = await self.http.post("/admin/v1/connectors", json=body, headers=self.tokens.staff())
        assert 201 == answer.status_code, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def order(self, quantity: str = "2", price: str = "10", **changes: Any) -> dict[str, Any]:
        """A placed order of one product for a new account; the receipt."""
        account_id, product_id = self.neighbours.add_account(), self.neighbours.add_product(price)
        body = {"lines": [{"product_id": product_id, "quantity": quantity}], **changes}
        headers = self.tokens.user(account_id) | {"Idempotency-Key": new_id()}
        answer = await self.http.post("/v1/orders", json=body, headers=headers)
        assert 201 == answer.status_code, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt | {"account_id": account_id}

    async def claim(self, **changes: Any) -> list[dict[str, Any]]:
        """What the ERP gets when it claims."""
        body = {"connector": "erp", "max": 100, **changes}
        answer = await self.http.post(
            "/integration/v1/order-exports/claim", json=body, headers=self.tokens.erp()
        )
        assert 200 == answer.status_code, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def report(self, export_id: str, action: str, **body: Any) -> httpx.Response:
        """What the ERP says about an export."""
        path = f"/integration/v1/order-exports/{export_id}/{action}"
        return await self.http.post(path, json=body, headers=self.tokens.erp())

    async def respond(self, *items: dict[str, Any]) -> dict[str, Any]:
        """Answers of the ERP about orders."""
        answer = await self.http.post(
            "/integration/v1/order-responses", json={"items": list(items)}, headers=self.tokens.erp()
        )
        assert 200 == answer.status_code, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def shown(self, order_id: str) -> dict[str, Any]:
        """The order as staff see it."""
        answer = await self.http.get(f"/admin/v1/orders/{order_id}", headers=self.tokens.staff())
        assert 200 == answer.status_code, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def changes(self, at_least: int, cursor: str = "") -> dict[str, Any]:
        """The page of changed orders, once it has so many.

        A change shows when every older transaction of the database server has ended, those of other tests
        among them.
        """
        path = f"/integration/v1/orders/changes{f'?cursor={cursor}' if cursor else ''}"
        for _ in range(200):
            answer = await self.http.get(path, headers=self.tokens.erp())
            assert 200 == answer.status_code, answer.text
            page: dict[str, Any] = answer.json()
            if len(page["items"]) >= at_least:
                return page
            await asyncio.sleep(0.05)
        raise AssertionError(f"{at_least} changes did not show: {page}")

    async def count(self, table: str) -> int:
        """How many rows a table has."""
        async with self.database.read() as reader:
            return int(await reader.scalar(select(func.count()).select_from(tables.metadata.tables[table])))


@asynccontextmanager
async def running(url: str, neighbours: Neighbours, clock: Clock, **changes: Any) -> AsyncIterator[Service]:
    """The service on the database at `url`."""
    settings = OrderExportSettings(
        database_url=url,
        cursor_secret="a secret of the tests",
        accounts_url=neighbours.url,
        catalog_url=neighbours.url,
        pricing_url=neighbours.url,
        connectors_may_reach_loopback=True,
        **changes,
    )
    tokens = TestTokens()
    app = make_app(settings, clock, tokens)
    database = Database.connect(url, name="test")
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://order-export") as http,
    ):
        yield Service(http, database, wire(settings, database, clock), settings, neighbours, tokens)
    await database.close()
