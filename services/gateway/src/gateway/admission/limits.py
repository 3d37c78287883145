"""Limits: how much one caller may send, by token buckets, said in RateLimit headers (draft-ietf-httpapi)."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import problems
from chassis.failures import Limited, Unauthenticated, Unavailable
from chassis.principal import Caller, Principal
from chassis.tokens import TokenVerifier
from gateway.settings import GatewaySettings

_BUCKETS: Final = 100_000
UNLIMITED: Final = frozenset({"/healthz", "/readyz", "/metrics"})

TriesSecrets = Callable[[str, str], bool]
"""Whether an operation, by method and path, takes passwords or secrets from anybody."""


@dataclass(frozen=True)
class Policy:
    """`burst` requests at once, refilled at `rate` a second."""

    name: str
    rate: float
    burst: int

    @property
    def header(self) -> str:
        """The RateLimit-Policy header."""
        return f'"{self.name}";q={self.burst};w={math.ceil(self.burst / self.rate)}'


@dataclass(frozen=True)
class Policies:
    """The policy of each kind of caller."""

    user: Policy
    client: Policy
    address: Policy
    login: Policy

    @classmethod
    def of(cls, settings: GatewaySettings) -> "Policies":
        """As configured."""
        return cls(
            user=Policy("user", settings.user_rate, settings.user_burst),
            client=Policy("client", settings.client_rate, settings.client_burst),
            address=Policy("address", settings.address_rate, settings.address_burst),
            login=Policy("login", settings.login_rate, settings.login_burst),
        )


@dataclass(frozen=True)
class Standing:
    """What a caller has left: may this request go on, how many more may, when is the bucket full again."""

    admitted: bool
    remaining: int
    full_in: int
    retry_after: int


class Buckets:
    """Token buckets by key; the longest unused are forgotten, which forgives, never punishes."""

    def __init__(self, now: Callable[[], float] = time.monotonic, size: int = _BUCKETS) -> None:
        self._now = now
        self._size = size
        self._levels: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def take(self, policy: Policy, key: str) -> Standing:
        """Takes one token of the key's bucket if there is one."""
        now = self._now()
        level, at = self._levels.pop((policy.name, key), (float(policy.burst), now))
        level = min(policy.burst, level + (now - at) * policy.rate)
        admitted = level >= 1
        if admitted:
            level -= 1
        self._levels[(policy.name, key)] = (level, now)
        if len(self._levels) > self._size:
            self._levels.popitem(last=False)
        return Standing(
            admitted=admitted,
            remaining=int(level),
            full_in=math.ceil((policy.burst - level) / policy.rate),
            retry_after=max(1, math.ceil((1 - level) / policy.rate)),
        )


class Limits:
    """ASGI middleware: takes from the caller's bucket before anything else is done for the request."""

    def __init__(
        self,
        app: ASGIApp,
        verifier: TokenVerifier,
        policies: Policies,
        buckets: Buckets,
        tries_secrets: TriesSecrets,
    ) -> None:
        self._app = app
        self._tries_secrets = tries_secrets
        self._verifier = verifier
        self._policies = policies
        self._buckets = buckets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in UNLIMITED:
            await self._app(scope, receive, send)
            return
        policy, key = await self._whose(scope)
        standing = self._buckets.take(policy, key)

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["RateLimit-Policy"] = policy.header
                headers["RateLimit"] = f'"{policy.name}";r={standing.remaining};t={standing.full_in}'
            await send(message)

        if standing.admitted:
            await self._app(scope, receive, tell)
        else:
            await problems.render(Limited(retry_after=standing.retry_after))(scope, receive, tell)

    async def _whose(self, scope: Scope) -> tuple[Policy, str]:
        """The policy and the bucket: a verified caller's own, else the address's."""
        address = scope["client"][0] if scope.get("client") else ""
        if self._tries_secrets(scope["method"], scope["path"]):
            return self._policies.login, address
        principal = await self._principal(scope)
        if principal is None:
            return self._policies.address, address
        if principal.caller is Caller.CLIENT:
            return self._policies.client, principal.subject
        return self._policies.user, f"{principal.caller}:{principal.subject}"

    async def _principal(self, scope: Scope) -> Principal | None:
        scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            return await self._verifier.verify(token.strip())
        except (Unauthenticated, Unavailable):
            # Whether that matters is the operation's decision; here it only has no bucket of its own.
            return None
