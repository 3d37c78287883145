"""Access tokens signed with a key of the test's own, and where the service finds its public half."""

import time
from typing import Any

from joserfc import jwt
from joserfc.jwk import OKPKey

from chassis.ids import new_id
from chassis.principal import Caller, Principal
from chassis.tokens import ALGORITHM, TOKEN_TYPE, claims_of

BUYER = frozenset(
    {"products:read", "prices:read", "stock:read", "carts:write", "orders:place", "orders:read"}
)


class TestTokens:
    """Signs tokens, and is the `KeySource` that verifies them."""

    __test__ = False

    def __init__(self) -> None:
        self._key = OKPKey.generate_key("Ed25519", {"kid": "test"})

    async def keys(self, *, missing: str | None = None) -> dict[str, OKPKey]:  # noqa: ARG002 - the protocol's
        """The one key there is."""
        return {"test": OKPKey.import_key(self._key.as_dict(private=False))}

    def bearer(
        self, caller: Caller, subject: str, permissions: frozenset[str], **claims: Any
    ) -> dict[str, str]:
        """The Authorization header of a principal."""
        now = int(time.time())
        principal = Principal(
            caller=caller,
            subject=subject,
            permissions=permissions,
            issued_at=now * 1000,
            expires_at=now + 300,
            token="",
            **claims,
        )
        header = {"alg": ALGORITHM, "typ": TOKEN_TYPE, "kid": "test"}
        token = jwt.encode(header, claims_of(principal, "kontor"), self._key, algorithms=[ALGORITHM])
        return {"Authorization": f"Bearer {token}"}

    def user(
        self, account_id: str, permissions: frozenset[str] = BUYER, user_id: str | None = None
    ) -> dict[str, str]:
        """A user of an account."""
        return self.bearer(Caller.USER, user_id or new_id(), permissions, account_id=account_id)

    def erp(self, source: str = "erp", *scopes: str) -> dict[str, str]:
        """A machine client of a source, by default with every scope about orders."""
        granted = frozenset(scopes or ("orders:export", "orders:respond", "imports:read"))
        return self.bearer(
            Caller.CLIENT, "client-" + source, granted, source=source, client_id="client-" + source
        )

    def staff(self, *permissions: str) -> dict[str, str]:
        """A staff member, by default with every permission about orders."""
        granted = frozenset(
            permissions or ("orders:read_all", "exports:read", "exports:write", "audit:read", "imports:read")
        )
        return self.bearer(Caller.STAFF, new_id(), granted)
