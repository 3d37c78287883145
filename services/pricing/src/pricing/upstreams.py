"""What pricing asks of accounts: public keys, and the context of a user it does not know yet."""

from typing import Any

from pydantic import ValidationError

from chassis.principal import Principal
from chassis.upstream import Upstream, UpstreamDown
from pricing.projections.states import UserContext


class Accounts:
    """The accounts service."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def jwks(self) -> dict[str, Any]:
        """The JSON Web Key Set that tokens are checked with. Raises UpstreamDown."""
        answer = await self._upstream.call("GET", "/.well-known/jwks.json")
        if answer.status != 200:
            raise UpstreamDown(self._upstream.service)
        found: dict[str, Any] = answer.json()
        return found

    async def context(self, principal: Principal) -> UserContext | None:
        """What accounts knows of the token's user, None if it says nothing usable. Raises UpstreamDown."""
        path = f"/internal/v1/users/{principal.subject}/context"
        answer = await self._upstream.call("GET", path, principal=principal)
        if answer.status >= 500:
            raise UpstreamDown(self._upstream.service)
        try:
            return UserContext.model_validate(answer.json()) if answer.status == 200 else None
        except (ValidationError, ValueError):
            return None

    async def close(self) -> None:
        """Closes the connections."""
        await self._upstream.close()
