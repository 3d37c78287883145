"""analytics as tests see it: its app over HTTP with a staff token, and its database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import OKPKey

from analytics.api import make_app
from analytics.cli import MIGRATIONS
from analytics.settings import AnalyticsSettings
from analytics.wiring import Wiring
from chassis import migrations
from chassis.clock import milliseconds
from chassis.principal import Caller, Principal
from chassis.tokens import ALGORITHM, TOKEN_TYPE, claims_of
from testkit.clock import FrozenClock

_KEY = OKPKey.generate_key("Ed25519", parameters={"kid": "test"}, private=True)


class OwnKey:
    """The key tests sign with."""

    async def keys(self, *, missing: str | None = None) -> dict[str, OKPKey]:  # noqa: ARG002 - a KeySource's signature
        return {"test": _KEY}


def token(clock: FrozenClock, *permissions: str, caller: Caller = Caller.STAFF) -> str:
    """A token of somebody with these permissions."""
    now = milliseconds(clock.now())
    principal = Principal(caller, "somebody", frozenset(permissions), now, now // 1000 + 300, "")
    header = {"alg": ALGORITHM, "kid": "test", "typ": TOKEN_TYPE}
    return jwt.encode(header, claims_of(principal, "kontor"), _KEY, algorithms=[ALGORITHM])


def migrate(url: str) -> None:
    """The schema of analytics."""
    migrations.upgrade(MIGRATIONS, url)


@dataclass
class Office:
    """The running app."""

    http: httpx.AsyncClient
    wiring: Wiring
    clock: FrozenClock

    async def ask(self, path: str, **params: Any) -> httpx.Response:
        """One question of somebody who may read figures."""
        headers = {"Authorization": f"Bearer {token(self.clock, 'analytics:read')}"}
        return await self.http.get(f"/admin/v1/analytics/{path}", params=params or None, headers=headers)

    async def items(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """The items of a list, page by page."""
        found: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            answer = await self.ask(path, **params, **cursor)
            assert 200 == answer.status_code, answer.text
            page = answer.json()
            found += page["items"]
            if page.get("next_cursor") is None:
                return found
            cursor = {"cursor": page["next_cursor"]}


@asynccontextmanager
async def running(url: str, clock: FrozenClock) -> AsyncIterator[Office]:
    """The app on a migrated database."""
    settings = AnalyticsSettings(database_url=url, cursor_secret="cursors")
    app = make_app(settings, clock, OwnKey())
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://analytics") as http,
    ):
        yield Office(http, app.state.wiring, clock)
