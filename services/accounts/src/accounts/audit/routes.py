"""Reading the audit trail."""

from typing import Annotated

from fastapi import Depends, Query

from accounts.wiring import Wired
from chassis.audit import AuditEntry
from chassis.pages import CursorInvalid, Page, Paging
from chassis.routing import problems, router
from chassis.security import admin
from chassis.values import SearchText

routes = router("audit")


@routes.get(
    "/admin/v1/audit",
    operation_id="list_audit",
    summary="Who changed what, newest first",
    dependencies=[Depends(admin("audit:read"))],
    responses=problems(CursorInvalid),
)
async def list_audit(
    wiring: Wired,
    paging: Annotated[Paging, Depends()],
    object_kind: Annotated[SearchText | None, Query(description="Only this kind of object.")] = None,
    object_id: Annotated[SearchText | None, Query(description="Only this object.")] = None,
) -> Page[AuditEntry]:
    before = paging.after("audit", object_kind, object_id)
    async with wiring.database.read() as reader:
        rows = await wiring.audit.page(
            reader, object_kind, object_id, before[0] if before else None, paging.limit
        )
    return paging.page(rows, AuditEntry.of, lambda row: [row["id"]])
