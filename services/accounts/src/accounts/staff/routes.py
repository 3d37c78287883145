"""Staff over HTTP."""

from typing import Annotated

from fastapi import Depends, Response, status

from accounts.errors import LastAdministrator, RoleNotFound, StaffExists, StaffNotFound
from accounts.staff.schemas import StaffInvite, StaffOut, StaffPatch
from accounts.wiring import Wired
from chassis.etag import if_match, set_etag
from chassis.pages import CursorInvalid, Page, Paged
from chassis.principal import Principal
from chassis.routing import problems, router
from chassis.security import admin
from chassis.values import Identifier

routes = router("staff")
Anybody = Annotated[Principal, Depends(admin())]
Writing = Annotated[Principal, Depends(admin("staff:write"))]
Version = Annotated[int, Depends(if_match)]


@routes.get(
    "/admin/v1/me",
    operation_id="get_staff_me",
    summary="Which staff member is logged in",
    responses=problems(StaffNotFound),
)
async def get_staff_me(wiring: Wired, principal: Anybody) -> StaffOut:
    return StaffOut.of(await wiring.staff.get(principal.subject))


@routes.get("/admin/v1/staff", operation_id="list_staff", summary="Staff", responses=problems(CursorInvalid))
async def list_staff(wiring: Wired, _: Writing, paging: Paged) -> Page[StaffOut]:
    after = paging.after("staff")
    found = await wiring.staff.page(after[0] if after else None, paging.limit)
    return paging.page(found, StaffOut.of, lambda member: [member.id])


@routes.post(
    "/admin/v1/staff",
    operation_id="invite_staff",
    summary="Make somebody a staff member",
    status_code=status.HTTP_201_CREATED,
    responses=problems(RoleNotFound, StaffExists),
)
async def invite_staff(wiring: Wired, principal: Writing, body: StaffInvite, response: Response) -> StaffOut:
    member = await wiring.staff.invite(principal, body.email, body.name, body.role_id)
    set_etag(response, member.version)
    response.headers["Location"] = f"/admin/v1/staff/{member.id}"
    return StaffOut.of(member)


@routes.get(
    "/admin/v1/staff/{staff_id}",
    operation_id="get_staff",
    summary="One staff member",
    responses=problems(StaffNotFound),
)
async def get_staff(wiring: Wired, _: Writing, staff_id: Identifier, response: Response) -> StaffOut:
    member = await wiring.staff.get(staff_id)
    set_etag(response, member.version)
    return StaffOut.of(member)


@routes.patch(
    "/admin/v1/staff/{staff_id}",
    operation_id="change_staff",
    summary="Give a staff member another role",
    responses=problems(StaffNotFound, RoleNotFound, LastAdministrator),
)
async def change_staff(
    wiring: Wired,
    principal: Writing,
    staff_id: Identifier,
    body: StaffPatch,
    version: Version,
    response: Response,
) -> StaffOut:
    member = await wiring.staff.change_role(principal, staff_id, body.role_id, version)
    set_etag(response, member.version)
    return StaffOut.of(member)


@routes.delete(
    "/admin/v1/staff/{staff_id}",
    operation_id="remove_staff",
    summary="Shut a staff member out",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(StaffNotFound, LastAdministrator),
)
async def remove_staff(wiring: Wired, principal: Writing, staff_id: Identifier, version: Version) -> None:
    await wiring.staff.remove(principal, staff_id, version)
