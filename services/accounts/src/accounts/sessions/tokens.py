"""Issues access tokens."""

from dataclasses import dataclass, replace
from typing import Any

from joserfc import jwt

from accounts.keys.service import KeyRing
from chassis.clock import Clock, milliseconds
from chassis.principal import Principal
from chassis.tokens import ALGORITHM, TOKEN_TYPE, claims_of


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A signed token, and for how many seconds it is valid."""

    text: str
    expires_in: int


class TokenIssuer:
    """Signs access tokens with the key that signs now."""

    def __init__(self, keys: KeyRing, issuer: str, seconds: int, clock: Clock) -> None:
        self._keys = keys
        self._issuer = issuer
        self._seconds = seconds
        self._clock = clock

    async def issue(self, principal: Principal) -> AccessToken:
        """A token for the principal; its times are given here."""
        issued_at = milliseconds(self._clock.now())
        timed = replace(principal, issued_at=issued_at, expires_at=issued_at // 1000 + self._seconds)
        key_id, key = await self._keys.signing()
        header: dict[str, Any] = {"alg": ALGORITHM, "typ": TOKEN_TYPE, "kid": key_id}
        text = jwt.encode(header, claims_of(timed, self._issuer), key, algorithms=[ALGORITHM])
        return AccessToken(text, self._seconds)
