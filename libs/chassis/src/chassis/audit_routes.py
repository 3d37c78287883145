"""Reading a service's audit trail."""

from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Query, Request

from chassis.audit import AuditEntry, AuditTrail
from chassis.database import Database
from chassis.pages import CursorInvalid, Page, Paged
from chassis.routing import problems, router
from chassis.security import admin
from chassis.values import SearchText


class Audited(Protocol):
    """What the routes need of a service's wiring."""

    database: Database
    audit: AuditTrail


def audit_routes(name: str, summary: str) -> APIRouter:
    """`/admin/v1/<name>`, for staff who may read what others did."""
    routes = router(name)

    @routes.get(
        f"/admin/v1/{name}",
        operation_id=f"list_{name.replace('-', '_')}",
        summary=summary,
        dependencies=[Depends(admin("audit:read"))],
        responses=problems(CursorInvalid),
    )
    async def entries(
        request: Request,
        paging: Paged,
        object_kind: Annotated[SearchText | None, Query(description="Only this kind of object.")] = None,
        object_id: Annotated[SearchText | None, Query(description="Only this object.")] = None,
    ) -> Page[AuditEntry]:
        wiring: Audited = request.app.state.wiring
        before = paging.after(name, object_kind, object_id)
        async with wiring.database.read() as reader:
            rows = await wiring.audit.page(
                reader, object_kind, object_id, before[0] if before else None, paging.limit
            )
        return paging.page(rows, AuditEntry.of, lambda row: [row["id"]])

    return routes
