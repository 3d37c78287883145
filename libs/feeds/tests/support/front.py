"""The shop's routes behind a real application, and clients whose tokens are really signed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import OKPKey

from chassis.application import build_app
from chassis.clock import milliseconds
from chassis.database_answers import FAILURES
from chassis.health import Health
from chassis.pages import Cursors
from chassis.principal import Caller, Principal
from chassis.settings import Settings
from chassis.tokens import ALGORITHM, TOKEN_TYPE, TokenVerifier, claims_of
from feeds.admin_routes import admin_routes, internal_routes
from feeds.routes import integration_routes
from libs.feeds.tests.support.fed import Shop
from testkit.clock import FrozenClock

_KEY = OKPKey.generate_key("Ed25519", {"kid": "k"})
# Tokens are made once for the whole run and must not end in it.
_CLOCK = FrozenClock()


class _OwnKey:
    async def keys(self, *, missing: str | None = None) -> dict[str, OKPKey]:  # noqa: ARG002 - there is one key
        return {"k": _KEY}


def token(caller: Caller, subject: str, *permissions: str, source: str | None = None) -> dict[str, str]:
    """The authorization header of somebody."""
    now = milliseconds(_CLOCK.now())
    who = Principal(
        caller=caller,
        subject=subject,
        permissions=frozenset(permissions),
        issued_at=now,
        expires_at=now // 1000 + 300,
        token="",
        client_id=subject if caller is Caller.CLIENT else None,
        source=source,
    )
    header = {"alg": ALGORITHM, "typ": TOKEN_TYPE, "kid": "k"}
    signed = jwt.encode(header, claims_of(who, "kontor"), _KEY, algorithms=[ALGORITHM])
    return {"Authorization": f"Bearer {signed}"}


ERP = token(Caller.CLIENT, "erp-client", "products:write", source="erp")
STAFF = token(Caller.STAFF, "anna", "imports:write")


@asynccontextmanager
async def front(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    """A client that talks to the shop's routes."""
    feed = shop.feeds.by_resource["products"]
    wiring: Any = SimpleNamespace(feeds=shop.feeds)
    app = build_app(
        title="shop",
        settings=Settings(port=1),
        verifier=TokenVerifier(_OwnKey(), "kontor", _CLOCK),
        health=Health({}),
        routers=[
            integration_routes(feed, permission="products:write"),
            admin_routes(feed, look="imports:read", change="imports:write"),
            internal_routes(["products"]),
        ],
        translated=FAILURES,
        wiring=wiring,
        cursors=Cursors("secret"),
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client:
        yield client
