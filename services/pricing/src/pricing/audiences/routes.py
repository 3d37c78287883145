"""The audience of a user, for catalog."""

from typing import Annotated

from fastapi import Depends

from chassis.principal import Caller, Principal
from chassis.routing import problems, router
from chassis.security import internal
from pricing.audiences.schemas import AudienceOut
from pricing.errors import VisibilityPending
from pricing.wiring import Wired

routes = router("audience")


@routes.get(
    "/internal/v1/audience",
    operation_id="get_audience",
    summary="What the token's user may see",
    responses=problems(VisibilityPending),
)
async def get_audience(
    wiring: Wired, principal: Annotated[Principal, Depends(internal(Caller.USER))]
) -> AudienceOut:
    return AudienceOut.of(await wiring.audiences.of_user(principal))
