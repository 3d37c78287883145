"""Signs access tokens for tests, well and badly."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

from joserfc import jwt
from joserfc.jwk import OKPKey

from chassis.principal import Caller, Principal
from chassis.tokens import ALGORITHM, TOKEN_TYPE, claims_of

ISSUER = "kontor"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


class FixedClock:
    """A clock that is set by hand."""

    def __init__(self, moment: datetime = NOON) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


class Issuer:
    """A signing key and the tokens it signs; as a `KeySource` it knows its own key."""

    def __init__(self, key_id: str = "k1") -> None:
        self.key_id = key_id
        self.key = OKPKey.generate_key("Ed25519", {"kid": key_id})
        self.asked: list[str | None] = []

    async def keys(self, *, missing: str | None = None) -> dict[str, OKPKey]:
        self.asked.append(missing)
        return {self.key_id: self.key}

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        shown = {"alg": ALGORITHM, "typ": TOKEN_TYPE, "kid": self.key_id} | header
        return jwt.encode(
            {name: value for name, value in shown.items() if value is not None},
            claims,
            self.key,
            algorithms=[ALGORITHM],
        )

    def token(self, principal: Principal) -> str:
        return self.sign(claims_of(principal, ISSUER))


def principal(caller: Caller = Caller.USER, *permissions: str, **fields: Any) -> Principal:
    """A principal whose token was issued at NOON and ends five minutes later."""
    issued = int(NOON.timestamp() * 1000)
    return Principal(
        caller=caller,
        subject=fields.pop("subject", "subject-1"),
        permissions=frozenset(permissions),
        issued_at=issued,
        expires_at=issued // 1000 + 300,
        token="",
        **fields,
    )


def unsigned(header: Any, claims: Any, signature: str = "") -> str:
    """A compact token put together by hand."""
    return ".".join([_part(header), _part(claims), signature])


def _part(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
