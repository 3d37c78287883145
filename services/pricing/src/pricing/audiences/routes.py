"""The audience of a user, for catalog."""

from typing import Annotated

from fastapi import Depends, Query

from chassis.failures import Denied
from chassis.principal import Caller, Principal
from chassis.routing import problems, router
from chassis.security import internal
from chassis.values import Identifier
from pricing.audiences.models import UserAudience
from pricing.audiences.schemas import AudienceOut
from pricing.errors import NotForUsers, UserNotFound, UserRequired, VisibilityPending
from pricing.wiring import Wired, Wiring

routes = router("audience")


@routes.get(
    "/internal/v1/audience",
    operation_id="get_audience",
    summary="What the token's user may see; for staff, what a named user may see",
    responses=problems(VisibilityPending, NotForUsers, UserRequired, UserNotFound),
)
async def get_audience(
    wiring: Wired,
    principal: Annotated[Principal, Depends(internal(Caller.USER, Caller.STAFF))],
    user_id: Annotated[Identifier | None, Query(description="Whose; only for staff.")] = None,
) -> AudienceOut:
    return AudienceOut.of(await _audience(wiring, principal, user_id))


async def _audience(wiring: Wiring, principal: Principal, user_id: str | None) -> UserAudience:
    if principal.caller is Caller.USER:
        if user_id is not None:
            raise NotForUsers(parameter="user_id")
        return await wiring.audiences.of_user(principal)
    if not (principal.may("visibility:read") or principal.may("catalog:read")):
        raise Denied("needs visibility:read or catalog:read")
    if user_id is None:
        raise UserRequired
    return await wiring.audiences.of_named(user_id)
