"""Brands and item groups over HTTP, for staff."""

from typing import Annotated

from fastapi import Depends, Query, Response

from catalog.errors import GroupingNotFound
from catalog.groupings.schemas import GroupingNames, GroupingOut
from catalog.wiring import Wired
from chassis.etag import if_match, set_etag
from chassis.pages import CursorInvalid, Page, Paged
from chassis.principal import Principal
from chassis.routing import problems, router
from chassis.security import admin
from chassis.values import Identifier, SearchText

routes = router("groupings")
Reading = Annotated[Principal, Depends(admin("catalog:read", "catalog:write"))]
Writing = Annotated[Principal, Depends(admin("catalog:write"))]
Version = Annotated[int, Depends(if_match)]
Key = Annotated[SearchText | None, Query(description="Only the one with this code of the ERP.")]


@routes.get(
    "/admin/v1/brands", operation_id="list_brands", summary="Brands", responses=problems(CursorInvalid)
)
async def list_brands(wiring: Wired, _: Reading, paging: Paged, external_id: Key = None) -> Page[GroupingOut]:
    after = paging.after("brands", external_id)
    rows = await wiring.brands.page(external_id, after[0] if after else None, paging.limit)
    return paging.page(rows, GroupingOut.of, lambda row: [row["id"]])


@routes.get(
    "/admin/v1/brands/{brand_id}",
    operation_id="get_brand",
    summary="One brand",
    responses=problems(GroupingNotFound),
)
async def get_brand(wiring: Wired, _: Reading, brand_id: Identifier, response: Response) -> GroupingOut:
    row = await wiring.brands.get(brand_id)
    set_etag(response, row["version"])
    return GroupingOut.of(row)


@routes.put(
    "/admin/v1/brands/{brand_id}/names",
    operation_id="name_brand",
    summary="Name a brand",
    responses=problems(GroupingNotFound),
)
async def name_brand(
    wiring: Wired,
    principal: Writing,
    brand_id: Identifier,
    body: GroupingNames,
    version: Version,
    response: Response,
) -> GroupingOut:
    row = await wiring.brands.rename(principal, brand_id, body.names, version)
    set_etag(response, row["version"])
    return GroupingOut.of(row)


@routes.get(
    "/admin/v1/item-groups",
    operation_id="list_item_groups",
    summary="Item groups",
    responses=problems(CursorInvalid),
)
async def list_item_groups(
    wiring: Wired, _: Reading, paging: Paged, external_id: Key = None
) -> Page[GroupingOut]:
    after = paging.after("item-groups", external_id)
    rows = await wiring.item_groups.page(external_id, after[0] if after else None, paging.limit)
    return paging.page(rows, GroupingOut.of, lambda row: [row["id"]])


@routes.get(
    "/admin/v1/item-groups/{item_group_id}",
    operation_id="get_item_group",
    summary="One item group",
    responses=problems(GroupingNotFound),
)
async def get_item_group(
    wiring: Wired, _: Reading, item_group_id: Identifier, response: Response
) -> GroupingOut:
    row = await wiring.item_groups.get(item_group_id)
    set_etag(response, row["version"])
    return GroupingOut.of(row)


@routes.put(
    "/admin/v1/item-groups/{item_group_id}/names",
    operation_id="name_item_group",
    summary="Name an item group",
    responses=problems(GroupingNotFound),
)
async def name_item_group(
    wiring: Wired,
    principal: Writing,
    item_group_id: Identifier,
    body: GroupingNames,
    version: Version,
    response: Response,
) -> GroupingOut:
    row = await wiring.item_groups.rename(principal, item_group_id, body.names, version)
    set_etag(response, row["version"])
    return GroupingOut.of(row)
