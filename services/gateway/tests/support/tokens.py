"""Access tokens for tests, signed with a key of their own."""

import time
from dataclasses import replace
from typing import Any

from joserfc import jwt
from joserfc.jwk import OKPKey

from chassis.principal import Caller, Principal
from chassis.tokens import ALGORITHM, TOKEN_TYPE, claims_of

ISSUER = "kontor"
ALL = frozenset(
    {"products:read", "prices:read", "stock:read", "orders:read", "imports:read", "accounts:read"}
)


class Tokens:
    """Signs tokens; `jwks` is what accounts would publish."""

    def __init__(self) -> None:
        self._key = OKPKey.generate_key("Ed25519", parameters={"kid": "test"}, private=True)

    @property
    def jwks(self) -> dict[str, Any]:
        """The public key set."""
        return {"keys": [self._key.as_dict(private=False)]}

    def token(self, principal: Principal) -> str:
        """A token that verifies to this principal."""
        header = {"alg": ALGORITHM, "kid": "test", "typ": TOKEN_TYPE}
        return jwt.encode(header, claims_of(principal, ISSUER), self._key, algorithms=[ALGORITHM])

    def user(self, **changes: Any) -> str:
        """A token of user `user-1` of account `account-1`."""
        return self.token(replace(some_user(), **changes))

    def headers(self, **changes: Any) -> dict[str, str]:
        """The Authorization header of `user`."""
        return {"Authorization": f"Bearer {self.user(**changes)}"}


def some_user() -> Principal:
    """A user with every permission the tests need, as of now."""
    now = int(time.time() * 1000)
    return Principal(
        caller=Caller.USER,
        subject="user-1",
        permissions=ALL,
        issued_at=now,
        expires_at=now // 1000 + 300,
        token="",
        login_id="login-1",
        account_id="account-1",
        role_id="role-1",
        client_id="shop-1",
        channel_id="channel-1",
    )
