"""Roles over HTTP, for staff."""

from typing import Annotated

from fastapi import Depends, Query, Response, status

from accounts.errors import AdministratorKept, CodeTaken, RoleInUse, RoleNotFound, UnknownPermission
from accounts.roles.models import RoleKind
from accounts.roles.schemas import RoleCreate, RoleOut, RolePatch
from accounts.wiring import Wired
from chassis.etag import if_match, set_etag
from chassis.pages import CursorInvalid, Page, Paged
from chassis.principal import Principal
from chassis.routing import problems, router
from chassis.security import admin
from chassis.values import Identifier

routes = router("roles")
Reading = Annotated[Principal, Depends(admin("accounts:read", "roles:write"))]
Writing = Annotated[Principal, Depends(admin("roles:write"))]
Version = Annotated[int, Depends(if_match)]


@routes.get("/admin/v1/roles", operation_id="list_roles", summary="Roles", responses=problems(CursorInvalid))
async def list_roles(
    wiring: Wired,
    _: Reading,
    paging: Paged,
    kind: Annotated[RoleKind | None, Query(description="Only roles of this kind.")] = None,
) -> Page[RoleOut]:
    after = paging.after("roles", kind)
    found = await wiring.roles.page(kind, after[0] if after else None, paging.limit)
    return paging.page(found, RoleOut.of, lambda role: [role.id])


@routes.post(
    "/admin/v1/roles",
    operation_id="create_role",
    summary="Make a role",
    status_code=status.HTTP_201_CREATED,
    responses=problems(CodeTaken, UnknownPermission),
)
async def create_role(wiring: Wired, principal: Writing, body: RoleCreate, response: Response) -> RoleOut:
    role = await wiring.roles.create(principal, body.wanted())
    set_etag(response, role.version)
    response.headers["Location"] = f"/admin/v1/roles/{role.id}"
    return RoleOut.of(role)


@routes.get(
    "/admin/v1/roles/{role_id}", operation_id="get_role", summary="One role", responses=problems(RoleNotFound)
)
async def get_role(wiring: Wired, _: Reading, role_id: Identifier, response: Response) -> RoleOut:
    role = await wiring.roles.get(role_id)
    set_etag(response, role.version)
    return RoleOut.of(role)


@routes.patch(
    "/admin/v1/roles/{role_id}",
    operation_id="change_role",
    summary="Change a role",
    responses=problems(RoleNotFound, UnknownPermission, AdministratorKept),
)
async def change_role(
    wiring: Wired,
    principal: Writing,
    role_id: Identifier,
    body: RolePatch,
    version: Version,
    response: Response,
) -> RoleOut:
    role = await wiring.roles.change(principal, role_id, body.change(), version)
    set_etag(response, role.version)
    return RoleOut.of(role)


@routes.delete(
    "/admin/v1/roles/{role_id}",
    operation_id="remove_role",
    summary="Remove a role nobody has",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(RoleNotFound, RoleInUse),
)
async def remove_role(wiring: Wired, principal: Writing, role_id: Identifier, version: Version) -> None:
    await wiring.roles.remove(principal, role_id, version)
