"""Attributes over HTTP, for staff."""

from typing import Annotated

from fastapi import Depends, Query, Response, status

from catalog.attributes.schemas import AttributeCreate, AttributeDefinition, AttributePatch
from catalog.errors import AttributeNotFound, CodeTaken, InUse
from catalog.wiring import Wired
from chassis.etag import if_match, set_etag
from chassis.pages import CursorInvalid, Page, Paged
from chassis.principal import Principal
from chassis.routing import problems, router
from chassis.security import admin
from chassis.values import Identifier, SearchText

routes = router("attributes")
Reading = Annotated[Principal, Depends(admin("catalog:read", "catalog:write"))]
Writing = Annotated[Principal, Depends(admin("catalog:write"))]
Version = Annotated[int, Depends(if_match)]


@routes.get(
    "/admin/v1/attributes",
    operation_id="list_attributes",
    summary="Attributes",
    responses=problems(CursorInvalid),
)
async def list_attributes(
    wiring: Wired,
    _: Reading,
    paging: Paged,
    code: Annotated[SearchText | None, Query(description="Only the one with this code.")] = None,
) -> Page[AttributeDefinition]:
    after = paging.after("attributes", code)
    found = await wiring.attributes.page(code, after[0] if after else None, paging.limit)
    return paging.page(found, AttributeDefinition.of, lambda attribute: [attribute.id])


@routes.post(
    "/admin/v1/attributes",
    operation_id="create_attribute",
    summary="Make an attribute",
    status_code=status.HTTP_201_CREATED,
    responses=problems(CodeTaken),
)
async def create_attribute(
    wiring: Wired, principal: Writing, body: AttributeCreate, response: Response
) -> AttributeDefinition:
    attribute = await wiring.attributes.create(principal, body.wanted())
    set_etag(response, attribute.version)
    response.headers["Location"] = f"/admin/v1/attributes/{attribute.id}"
    return AttributeDefinition.of(attribute)


@routes.get(
    "/admin/v1/attributes/{attribute_id}",
    operation_id="get_attribute",
    summary="One attribute",
    responses=problems(AttributeNotFound),
)
async def get_attribute(
    wiring: Wired, _: Reading, attribute_id: Identifier, response: Response
) -> AttributeDefinition:
    attribute = await wiring.attributes.get(attribute_id)
    set_etag(response, attribute.version)
    return AttributeDefinition.of(attribute)


@routes.patch(
    "/admin/v1/attributes/{attribute_id}",
    operation_id="change_attribute",
    summary="Change an attribute",
    responses=problems(AttributeNotFound, InUse),
)
async def change_attribute(
    wiring: Wired,
    principal: Writing,
    attribute_id: Identifier,
    body: AttributePatch,
    version: Version,
    response: Response,
) -> AttributeDefinition:
    attribute = await wiring.attributes.change(principal, attribute_id, body.change(), version)
    set_etag(response, attribute.version)
    return AttributeDefinition.of(attribute)


@routes.delete(
    "/admin/v1/attributes/{attribute_id}",
    operation_id="remove_attribute",
    summary="Remove an attribute that nothing uses",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(AttributeNotFound, InUse),
)
async def remove_attribute(
    wiring: Wired, principal: Writing, attribute_id: Identifier, version: Version
) -> None:
    await wiring.attributes.remove(principal, attribute_id, version)
