"""The price policy over HTTP, for staff."""

from typing import Annotated

from fastapi import Depends, Response

from chassis.etag import if_match, set_etag
from chassis.principal import Principal
from chassis.routing import problems, router
from chassis.security import admin
from pricing.policy.schemas import PricePolicyIn, PricePolicyOut
from pricing.wiring import Wired

routes = router("price-policy")


@routes.get(
    "/admin/v1/price-policy",
    operation_id="get_price_policy",
    summary="How prices are picked",
    dependencies=[Depends(admin("pricing:read", "pricing:write"))],
    responses=problems(),
)
async def get_price_policy(wiring: Wired, response: Response) -> PricePolicyOut:
    stored = await wiring.policy.get()
    set_etag(response, stored.version)
    return PricePolicyOut.of(stored.policy)


@routes.put(
    "/admin/v1/price-policy",
    operation_id="replace_price_policy",
    summary="Set how prices are picked",
    responses=problems(),
)
async def replace_price_policy(
    wiring: Wired,
    principal: Annotated[Principal, Depends(admin("pricing:write"))],
    body: PricePolicyIn,
    version: Annotated[int, Depends(if_match)],
    response: Response,
) -> PricePolicyOut:
    stored = await wiring.policy.replace(principal, body.wanted(), version)
    set_etag(response, stored.version)
    return PricePolicyOut.of(stored.policy)
