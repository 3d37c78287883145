"""Access tokens as accounts would sign them, with a key only the tests have."""

from typing import Any

from joserfc import jwt
from joserfc.jwk import OKPKey

from chassis.clock import Clock, milliseconds
from chassis.principal import Caller, Principal
from chassis.tokens import ALGORITHM, TOKEN_TYPE, claims_of

ISSUER = "kontor"


class TestTokens:
    """A key source with one key, and the tokens it signs."""

    __test__ = False

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = OKPKey.generate_key("Ed25519", parameters={"kid": "test"})

    async def keys(self, *, missing: str | None = None) -> dict[str, OKPKey]:  # noqa: ARG002 - the interface has it
        """The public key by its id."""
        return {"test": self._key}

    def sign(self, caller: Caller, subject: str, permissions: set[str], **claims: Any) -> str:
        """A token of five minutes."""
        now = self._clock.now()
        principal = Principal(
            caller=caller,
            subject=subject,
            permissions=frozenset(permissions),
            issued_at=milliseconds(now),
            expires_at=int(now.timestamp()) + 300,
            token="",
            **claims,
        )
        header = {"alg": ALGORITHM, "kid": "test", "typ": TOKEN_TYPE}
        return jwt.encode(header, claims_of(principal, ISSUER), self._key, algorithms=[ALGORITHM])
