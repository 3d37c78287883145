"""A running pricing service for tests: its app on a real database, and tokens signed by a key it trusts."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx
from joserfc import jwt
from joserfc.jwk import OKPKey

from chassis.database import Database, Transaction
from chassis.ids import new_id
from chassis.principal import Caller, Principal
from chassis.tokens import ALGORITHM, TOKEN_TYPE, claims_of
from eventing.consumer import AnySubscription, Arrived
from pricing import tables
from pricing.api import make_app
from pricing.settings import PricingSettings
from pricing.wiring import Wiring
from testkit.clock import FrozenClock

ISSUER: Final = "kontor"
BUYER: Final = frozenset({"products:read", "prices:read", "orders:place"})
STAFF: Final = frozenset({"pricing:read", "pricing:write", "visibility:read", "visibility:write"})


class TestKeys:
    """Public keys of a key that tests sign with."""

    __test__ = False

    def __init__(self) -> None:
        self.key = OKPKey.generate_key("Ed25519", {"kid": "test"})

    async def keys(self, *, missing: str | None = None) -> dict[str, OKPKey]:  # noqa: ARG002 - one key is all
        """The one key."""
        return {"test": self.key}


@dataclass(frozen=True)
class World:
    """The service, a client that calls it, and what a test needs to set it up."""

    wiring: Wiring
    database: Database
    client: httpx.AsyncClient
    clock: FrozenClock
    keys: TestKeys

    def token(
        self, caller: Caller, permissions: Iterable[str], subject: str | None = None, **claims: Any
    ) -> dict[str, str]:
        """The headers of a caller with these permissions."""
        now = int(self.clock.now().timestamp())
        principal = Principal(
            caller=caller,
            subject=subject or new_id(),
            permissions=frozenset(permissions),
            issued_at=now * 1000,
            expires_at=now + 300,
            token="",
            **claims,
        )
        header = {"alg": ALGORITHM, "kid": "test", "typ": TOKEN_TYPE}
        token = jwt.encode(header, claims_of(principal, ISSUER), self.keys.key, algorithms=[ALGORITHM])
        return {"Authorization": f"Bearer {token}"}

    def staff(self, permissions: Iterable[str] = STAFF) -> dict[str, str]:
        """The headers of a staff member."""
        return self.token(Caller.STAFF, permissions)

    def erp(self, *scopes: str, source: str = "erp") -> dict[str, str]:
        """The headers of an ERP."""
        return self.token(Caller.CLIENT, scopes, client_id="erp", source=source)

    def user(
        self, account_id: str, permissions: Iterable[str] = BUYER, user_id: str | None = None
    ) -> dict[str, str]:
        """The headers of an account's user."""
        return self.token(Caller.USER, permissions, user_id, account_id=account_id)

    async def hear(self, topic: str, *messages: tuple[str, int, dict[str, Any] | None]) -> None:
        """Hands (key, version, state) messages of a topic to the service's handler, in one transaction."""
        async with self.database.transaction() as tx:
            await self.hear_in(tx, topic, *messages)

    async def hear_in(
        self, tx: Transaction, topic: str, *messages: tuple[str, int, dict[str, Any] | None]
    ) -> None:
        """The same in a transaction of the test's."""
        subscription = self._subscription(topic)
        arrived = [
            Arrived(
                key,
                version,
                None if state is None else subscription.model.model_validate(state),
                new_id(),
                self.clock.now(),
            )
            for key, version, state in messages
        ]
        await subscription.apply(tx, arrived)

    async def told(self, topic: str) -> list[dict[str, Any]]:
        """What the outbox holds for a topic, oldest first: key, version, payload."""
        outbox = tables.events.outbox
        async with self.database.read() as reader:
            rows = await reader.all(outbox.select().where(outbox.c.topic == topic).order_by(outbox.c.id))
        return [dict(row) for row in rows]

    def _subscription(self, topic: str) -> AnySubscription:
        return next(found for found in self.wiring.subscriptions if found.topic == topic)


@asynccontextmanager
async def running(
    url: str, accounts_url: str = "", *, clock: FrozenClock | None = None
) -> AsyncIterator[World]:
    """The service on the database at `url`.

    With the address of a running accounts its public keys count, else those of the tests and nobody answers
    for accounts.
    """
    settings = PricingSettings(
        database_url=url,
        cursor_secret="a secret of tests",
        accounts_url=accounts_url or "http://127.0.0.1:9",
        log_level="ERROR",
    )
    keys, clock = TestKeys(), clock or FrozenClock()
    app = make_app(settings, clock, None if accounts_url else keys)
    wiring: Wiring = app.state.wiring
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://pricing") as client,
    ):
        yield World(wiring, wiring.database, client, clock, keys)
