"""Access tokens: JWT (RFC 9068 profile) signed with Ed25519, verified once and remembered until they end."""

import asyncio
import hashlib
import time
from collections import OrderedDict
from typing import Any, Final, Protocol

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from chassis.clock import Clock
from chassis.failures import Unauthenticated, Unavailable
from chassis.principal import Caller, Principal

ALGORITHM: Final = "Ed25519"
TOKEN_TYPE: Final = "at+jwt"  # noqa: S105 - the media type of RFC 9068, not a secret
AUDIENCES: Final = {Caller.USER: "channel", Caller.STAFF: "admin", Caller.CLIENT: "integration"}
MAX_LIFETIME_SECONDS: Final = 300
_LEEWAY_SECONDS: Final = 2
_REMEMBERED: Final = 20_000
_LONGEST_TOKEN: Final = 8_192


class KeySource(Protocol):
    """Where public keys come from."""

    async def keys(self, *, missing: str | None = None) -> dict[str, OKPKey]:
        """Public keys by key id; `missing` asks to look again because that id was not among them."""
        ...


class TokenVerifier:
    """Checks signature, algorithm, type, issuer, audience and end of a token. Holds a bounded cache."""

    def __init__(self, keys: KeySource, issuer: str, clock: Clock) -> None:
        self._keys = keys
        self._issuer = issuer
        self._clock = clock
        self._known: OrderedDict[bytes, Principal] = OrderedDict()

    async def verify(self, token: str) -> Principal:
        """The principal of a valid token. Raises Unauthenticated."""
        if len(token) > _LONGEST_TOKEN:
            raise Unauthenticated
        fingerprint = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        known = self._known.get(fingerprint)
        if known is None:
            known = await self._check(token)
            self._known[fingerprint] = known
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        if known.expires_at + _LEEWAY_SECONDS <= self._clock.now().timestamp():
            self._known.pop(fingerprint, None)
            raise Unauthenticated("the token has expired")
        return known

    async def _check(self, token: str) -> Principal:
        try:
            key = await self._key(jws.extract_compact(token.encode()).headers())
            decoded = jwt.decode(token, key, algorithms=[ALGORITHM])
        # A header may be any JSON, nested as deep as a token is long.
        except (JoseError, ValueError, KeyError, TypeError, UnicodeError, RecursionError) as error:
            raise Unauthenticated from error
        if decoded.header.get("typ") != TOKEN_TYPE or decoded.header.get("crit") is not None:
            raise Unauthenticated
        return self._principal(token, decoded.claims)

    async def _key(self, header: dict[str, Any]) -> OKPKey:
        key_id = header["kid"]
        known = await self._keys.keys()
        if key_id not in known:
            known = await self._keys.keys(missing=key_id)
        return known[key_id]

    def _principal(self, token: str, claims: dict[str, Any]) -> Principal:
        try:
            caller = Caller(claims["caller"])
            valid = (
                claims["iss"] == self._issuer
                and claims["aud"] == AUDIENCES[caller]
                and claims["exp"] - claims["iat"] <= MAX_LIFETIME_SECONDS
                and claims["iat"] <= self._clock.now().timestamp() + _LEEWAY_SECONDS
            )
            principal = Principal(
                caller=caller,
                subject=claims["sub"],
                permissions=frozenset(claims["permissions"]),
                issued_at=int(claims["iat_ms"]),
                expires_at=int(claims["exp"]),
                token=token,
                other_sources=tuple(claims.get("other_sources", ())),
                **{name: claims.get(name) for name in _OPTIONAL_CLAIMS},
            )
        except (KeyError, ValueError, TypeError) as error:
            raise Unauthenticated from error
        if not valid:
            raise Unauthenticated
        return principal


_OPTIONAL_CLAIMS: Final = ("login_id", "account_id", "role_id", "client_id", "channel_id", "source", "actor")


def claims_of(principal: Principal, issuer: str) -> dict[str, Any]:
    """The claims that `TokenVerifier` reads back as this principal."""
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": AUDIENCES[principal.caller],
        "sub": principal.subject,
        "caller": principal.caller.value,
        "permissions": sorted(principal.permissions),
        "iat": principal.issued_at // 1000,
        "iat_ms": principal.issued_at,
        "exp": principal.expires_at,
    }
    claims |= {name: value for name in _OPTIONAL_CLAIMS if (value := getattr(principal, name)) is not None}
    if principal.other_sources:
        claims["other_sources"] = list(principal.other_sources)
    return claims


class FetchedKeys:
    """Public keys fetched from accounts: kept 5 minutes, looked for again at most once a second."""

    def __init__(self, fetch: "JwksFetch") -> None:
        self._fetch = fetch
        self._keys: dict[str, OKPKey] = {}
        self._fetched = float("-inf")
        self._lock = asyncio.Lock()

    async def keys(self, *, missing: str | None = None) -> dict[str, OKPKey]:
        """Keys by id. Raises Unavailable when there are none and accounts does not answer."""
        age = time.monotonic() - self._fetched
        if self._keys and age < 300 and (missing is None or age < 1):
            return self._keys
        async with self._lock:
            if time.monotonic() - self._fetched >= 1:
                await self._refresh()
        return self._keys

    async def _refresh(self) -> None:
        try:
            fetched = _imported(await self._fetch())
        except Unavailable:
            # Keys are published ten minutes before they sign: old ones outlive an outage of accounts.
            if not self._keys:
                raise
        else:
            self._keys = fetched
        self._fetched = time.monotonic()


def _imported(document: dict[str, Any]) -> dict[str, OKPKey]:
    try:
        return {entry["kid"]: OKPKey.import_key(entry) for entry in document["keys"]}
    except (JoseError, ValueError, KeyError, TypeError) as error:
        # Left alone, a KeyError would read as "no such key": the caller's token would be blamed.
        raise Unavailable("the public keys could not be read") from error


class JwksFetch(Protocol):
    """Gets the JSON Web Key Set (RFC 7517)."""

    async def __call__(self) -> dict[str, Any]: ...
