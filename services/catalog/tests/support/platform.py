"""catalog as tests see it: the app over HTTP, its database, pricing beside it, and callers of every kind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
from sqlalchemy import select

from catalog import tables
from catalog.api import make_app
from catalog.cli import MIGRATIONS
from catalog.settings import CatalogSettings
from catalog.wiring import Wiring
from chassis import migrations
from chassis.ids import new_id
from chassis.principal import Caller
from services.catalog.tests.support.pricing import Pricing, running_pricing
from services.catalog.tests.support.tokens import TestTokens
from testkit.clock import FrozenClock

USER_PERMISSIONS = {"products:read", "prices:read", "stock:read"}
STAFF_PERMISSIONS = {"catalog:read", "catalog:write", "visibility:read", "audit:read", "imports:write"}
SCOPES = {"products:feed", "stock:feed"}


def migrate(url: str) -> None:
    """The schema of catalog."""
    migrations.upgrade(MIGRATIONS, url)


def settings_for(url: str, **overrides: Any) -> CatalogSettings:
    """Settings of a test: Kafka is away unless given."""
    values: dict[str, Any] = {
        "database_url": url,
        "cursor_secret": "cursors",
        "kafka_bootstrap": "127.0.0.1:1",
    }
    return CatalogSettings(**(values | overrides))


@dataclass
class User:
    """A user of an account, with his token."""

    id: str
    account_id: str
    token: str


@dataclass
class Platform:
    """The running app and its neighbours."""

    http: httpx.AsyncClient
    wiring: Wiring
    clock: FrozenClock
    pricing: Pricing
    tokens: TestTokens

    async def as_(self, token: str, method: str, path: str, **options: Any) -> httpx.Response:
        """One request with a token."""
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **options)

    async def staff(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request as staff who may do everything here."""
        token = self.tokens.sign(Caller.STAFF, "staff-1", STAFF_PERMISSIONS)
        return await self.as_(token, method, path, **options)

    async def change(self, path: str, body: dict[str, Any], method: str = "PATCH") -> dict[str, Any]:
        """A change by staff, based on what is there."""
        found = await self.staff("GET", path if method == "PATCH" else path.rpartition("/")[0])
        headers = {"If-Match": found.headers["ETag"]}
        answer = await self.staff(method, path, json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    async def make(self, path: str, **body: Any) -> str:
        """Something staff makes; returns its id."""
        answer = await self.staff("POST", path, json=body)
        assert answer.status_code == 201, answer.text
        made: str = answer.json()["id"]
        return made

    async def feed(self, resource: str, *items: dict[str, Any], source: str = "erp") -> dict[str, Any]:
        """A batch of the ERP; returns the answer."""
        token = self.tokens.sign(Caller.CLIENT, "client-1", SCOPES, client_id="client-1", source=source)
        answer = await self.as_(token, "POST", f"/integration/v1/{resource}", json={"items": list(items)})
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    async def product(self, external_id: str, **fields: Any) -> str:
        """A product the ERP sends; returns its id."""
        row = {"external_id": external_id, "description": f"Product {external_id}", "base_unit": "PCS"}
        answer = await self.feed("products", row | fields)
        assert "rejected" != answer["results"][0]["status"], answer
        return await self.id_of(external_id)

    async def id_of(self, external_id: str) -> str:
        """The id of a product."""
        statement = select(tables.product.c.id).where(tables.product.c.external_id == external_id)
        async with self.wiring.database.read() as reader:
            found: str = await reader.scalar(statement)
        return found

    async def everything(self, code: str = "everything") -> str:
        """A catalogue with every product."""
        return await self.make("/admin/v1/catalogues", code=code, name=code, include=[{"target": "all"}])

    def user(self, catalogue_id: str | None, *, may: set[str] | None = None, **rules: Any) -> User:
        """A user whose audience pricing knows."""
        user_id, account_id = new_id(), new_id()
        self.pricing.give(user_id, catalogue_id, **rules)
        permissions = USER_PERMISSIONS if may is None else may
        token = self.tokens.sign(Caller.USER, user_id, permissions, account_id=account_id)
        return User(user_id, account_id, token)

    async def seen(self, user: User, **params: Any) -> list[str]:
        """The SKUs of the user's product list."""
        answer = await self.get(user, "/internal/v1/products", **params)
        return [item["external_id"] for item in answer["items"]]

    async def get(self, user: User, path: str, **params: Any) -> dict[str, Any]:
        """What a user reads."""
        answer = await self.as_(user.token, "GET", path, params=params)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    async def events(self, topic: str) -> list[dict[str, Any]]:
        """What waits in the outbox for a topic, oldest first."""
        outbox = tables.events.outbox
        async with self.wiring.database.read() as reader:
            rows = await reader.all(select(outbox).where(outbox.c.topic == topic).order_by(outbox.c.id))
        return [{**row, "payload": orjson.loads(row["payload"])} for row in rows]


@asynccontextmanager
async def running(url: str, clock: FrozenClock, **overrides: Any) -> AsyncIterator[Platform]:
    """The app on a migrated database, with pricing beside it."""
    tokens = TestTokens(clock)
    async with running_pricing() as pricing:
        app = make_app(settings_for(url, pricing_url=pricing.url, **overrides), clock, tokens)
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://catalog") as http:
                yield Platform(http, app.state.wiring, clock, pricing, tokens)
