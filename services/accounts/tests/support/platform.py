"""accounts as tests see it: the app over HTTP, its database, and the first administrator."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
from sqlalchemy import select

from accounts import tables
from accounts.api import make_app
from accounts.cli import MIGRATIONS
from accounts.seeding import add_administrator, seed_roles
from accounts.settings import AccountsSettings
from accounts.wiring import Wiring
from chassis import migrations
from testkit.clock import FrozenClock

ADMINISTRATOR = "administrator@example.com"
PASSWORD = "correct horse battery staple"
SECRETS = {
    "cursor_secret": "cursors",
    "token_secret": "a secret that only tests know, long enough",
}


def migrate(url: str) -> None:
    """The schema of accounts."""
    migrations.upgrade(MIGRATIONS, url)


def settings_for(url: str, **overrides: Any) -> AccountsSettings:
    """Settings of a test: nothing listens, Kafka is away."""
    values: dict[str, Any] = {
        "database_url": url,
        **SECRETS,
        "kafka_bootstrap": "127.0.0.1:1",
    }
    return AccountsSettings(**(values | overrides))


@dataclass
class Platform:
    """The running app. `staff` calls as the administrator."""

    http: httpx.AsyncClient
    wiring: Wiring
    clock: FrozenClock
    staff_token: str = ""

    async def staff(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request as the administrator."""
        return await self.as_(self.staff_token, method, path, **options)

    async def as_(self, token: str, method: str, path: str, **options: Any) -> httpx.Response:
        """One request with a token."""
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **options)

    async def log_in_administrator(self) -> None:
        """A fresh token for the administrator."""
        body = {"email": ADMINISTRATOR, "password": PASSWORD}
        self.staff_token = (await self.http.post("/admin/v1/login", json=body)).json()["access_token"]

    async def events(self, topic: str) -> list[dict[str, Any]]:
        """What waits in the outbox for a topic, oldest first."""
        outbox = tables.events.outbox
        async with self.wiring.database.read() as reader:
            rows = await reader.all(select(outbox).where(outbox.c.topic == topic).order_by(outbox.c.id))
        return [{**row, "payload": orjson.loads(row["payload"])} for row in rows]

    async def machine(self, *scopes: str, code: str = "erp", source: str = "erp") -> str:
        """A token of a new machine client."""
        body = {"code": code, "name": code, "scopes": list(scopes), "source": source}
        made = (await self.staff("POST", "/admin/v1/clients", json=body)).json()
        form = {"grant_type": "client_credentials", "client_id": code, "client_secret": made["secret"]}
        token: str = (await self.http.post("/oauth/token", data=form)).json()["access_token"]
        return token


@asynccontextmanager
async def running(url: str, clock: FrozenClock, **overrides: Any) -> AsyncIterator[Platform]:
    """The app on a migrated database, seeded, with its administrator logged in."""
    app = make_app(settings_for(url, **overrides), clock)
    async with app.router.lifespan_context(app):
        wiring: Wiring = app.state.wiring
        await seed_roles(wiring)
        await add_administrator(wiring, ADMINISTRATOR, PASSWORD)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://accounts") as http:
            platform = Platform(http, wiring, clock)
            await platform.log_in_administrator()
            yield platform
