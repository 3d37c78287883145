"""Families over HTTP, for staff."""

from typing import Annotated

from fastapi import Depends, Response, status

from catalog.errors import CodeTaken, FamilyNotFound, InUse, UnknownReference
from catalog.families.schemas import FamilyCreate, FamilyOut, FamilyPatch
from catalog.wiring import Wired
from chassis.etag import if_match, set_etag
from chassis.pages import CursorInvalid, Page, Paged
from chassis.principal import Principal
from chassis.routing import problems, router
from chassis.security import admin
from chassis.values import Identifier

routes = router("families")
Reading = Annotated[Principal, Depends(admin("catalog:read", "catalog:write"))]
Writing = Annotated[Principal, Depends(admin("catalog:write"))]
Version = Annotated[int, Depends(if_match)]


@routes.get(
    "/admin/v1/families",
    operation_id="list_families",
    summary="Families",
    responses=problems(CursorInvalid),
)
async def list_families(wiring: Wired, _: Reading, paging: Paged) -> Page[FamilyOut]:
    after = paging.after("families")
    found = await wiring.families.page(after[0] if after else None, paging.limit)
    return paging.page(found, FamilyOut.of, lambda family: [family.id])


@routes.post(
    "/admin/v1/families",
    operation_id="create_family",
    summary="Make a family",
    status_code=status.HTTP_201_CREATED,
    responses=problems(CodeTaken, UnknownReference),
)
async def create_family(
    wiring: Wired, principal: Writing, body: FamilyCreate, response: Response
) -> FamilyOut:
    family = await wiring.families.create(principal, body.wanted())
    set_etag(response, family.version)
    response.headers["Location"] = f"/admin/v1/families/{family.id}"
    return FamilyOut.of(family)


@routes.get(
    "/admin/v1/families/{family_id}",
    operation_id="get_family",
    summary="One family",
    responses=problems(FamilyNotFound),
)
async def get_family(wiring: Wired, _: Reading, family_id: Identifier, response: Response) -> FamilyOut:
    family = await wiring.families.get(family_id)
    set_etag(response, family.version)
    return FamilyOut.of(family)


@routes.patch(
    "/admin/v1/families/{family_id}",
    operation_id="change_family",
    summary="Change a family",
    responses=problems(FamilyNotFound, UnknownReference),
)
async def change_family(
    wiring: Wired,
    principal: Writing,
    family_id: Identifier,
    body: FamilyPatch,
    version: Version,
    response: Response,
) -> FamilyOut:
    family = await wiring.families.change(principal, family_id, body.change(), version)
    set_etag(response, family.version)
    return FamilyOut.of(family)


@routes.delete(
    "/admin/v1/families/{family_id}",
    operation_id="remove_family",
    summary="Remove a family without products",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(FamilyNotFound, InUse),
)
async def remove_family(wiring: Wired, principal: Writing, family_id: Identifier, version: Version) -> None:
    await wiring.families.remove(principal, family_id, version)
