"""Answers that wait for their order, for staff. The feed's own routes come from libs/feeds."""

from fastapi import Depends

from chassis.pages import CursorInvalid, Page, Paged
from chassis.routing import problems, router
from chassis.security import admin
from order_export.responses.schemas import UnresolvedResponse
from order_export.wiring import Wired

routes = router("order-responses")


@routes.get(
    "/admin/v1/order-responses/unresolved",
    operation_id="list_unresolved_order_responses",
    summary="Answers of the ERP that match no order yet",
    dependencies=[Depends(admin("exports:read"))],
    responses=problems(CursorInvalid),
)
async def list_unresolved(wiring: Wired, paging: Paged) -> Page[UnresolvedResponse]:
    after = paging.after("unresolved-responses")
    found = await wiring.responses.unresolved(after[0] if after else None, paging.limit)
    return paging.page(found, UnresolvedResponse.of, lambda row: [row["id"]])
