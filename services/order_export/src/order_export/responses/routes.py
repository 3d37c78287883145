"""Answers that wait for their order, for staff. The feed's own routes come from libs/feeds."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends
from sqlalchemy import RowMapping

from chassis.models import Answer
from chassis.pages import CursorInvalid, Page, Paging
from chassis.routing import problems, router
from chassis.security import admin
from order_export.wiring import Wired

routes = router("order-responses")


class UnresolvedResponse(Answer):
    """An answer of the ERP that matches no order yet."""

    id: str
    source: str
    external_id: str
    kind: str
    occurred_at: datetime
    order_number: str | None
    erp_order_number: str | None

    @classmethod
    def of(cls, row: RowMapping) -> "UnresolvedResponse":
        """The wire form of a row."""
        return cls(**{name: row[name] for name in cls.model_fields})


@routes.get(
    "/admin/v1/order-responses/unresolved",
    operation_id="list_unresolved_order_responses",
    summary="Answers of the ERP that match no order yet",
    dependencies=[Depends(admin("exports:read"))],
    responses=problems(CursorInvalid),
)
async def list_unresolved(wiring: Wired, paging: Annotated[Paging, Depends()]) -> Page[UnresolvedResponse]:
    after = paging.after("unresolved-responses")
    found = await wiring.responses.unresolved(after[0] if after else None, paging.limit)
    return paging.page(found, UnresolvedResponse.of, lambda row: [row["id"]])
