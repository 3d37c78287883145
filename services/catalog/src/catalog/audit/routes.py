"""Reading the audit trail."""

from typing import Annotated

from fastapi import Depends, Query

from catalog.audit.schemas import CatalogAuditEntry
from catalog.wiring import Wired
from chassis.pages import CursorInvalid, Page, Paging
from chassis.routing import problems, router
from chassis.security import admin
from chassis.values import SearchText

routes = router("catalog-audit")


@routes.get(
    "/admin/v1/catalog-audit",
    operation_id="list_catalog_audit",
    summary="Who changed what in the catalog, newest first",
    dependencies=[Depends(admin("audit:read"))],
    responses=problems(CursorInvalid),
)
async def list_catalog_audit(
    wiring: Wired,
    paging: Annotated[Paging, Depends()],
    object_kind: Annotated[SearchText | None, Query(description="Only this kind of object.")] = None,
    object_id: Annotated[SearchText | None, Query(description="Only this object.")] = None,
) -> Page[CatalogAuditEntry]:
    before = paging.after("catalog-audit", object_kind, object_id)
    async with wiring.database.read() as reader:
        rows = await wiring.audit.page(
            reader, object_kind, object_id, before[0] if before else None, paging.limit
        )
    return paging.page(rows, CatalogAuditEntry.of, lambda row: [row["id"]])
