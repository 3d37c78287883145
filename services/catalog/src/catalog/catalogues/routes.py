"""Catalogues over HTTP, for staff."""

from typing import Annotated

from fastapi import Depends, Query, Response, status

from catalog.catalogues.schemas import (
    CatalogueCreate,
    CatalogueMember,
    CatalogueOut,
    CataloguePatch,
    CatalogueProducts,
)
from catalog.errors import CatalogueNotFound, CodeTaken, UnknownReference
from catalog.wiring import Wired
from chassis.etag import if_match, set_etag
from chassis.pages import CursorInvalid, Page, Paged
from chassis.principal import Principal
from chassis.routing import problems, router
from chassis.security import admin
from chassis.values import Identifier, SearchText

routes = router("catalogues")
Reading = Annotated[Principal, Depends(admin("catalog:read", "catalog:write"))]
Writing = Annotated[Principal, Depends(admin("catalog:write"))]
Version = Annotated[int, Depends(if_match)]


@routes.get(
    "/admin/v1/catalogues",
    operation_id="list_catalogues",
    summary="Catalogues",
    responses=problems(CursorInvalid),
)
async def list_catalogues(
    wiring: Wired,
    _: Reading,
    paging: Paged,
    code: Annotated[SearchText | None, Query(description="Only the one with this code.")] = None,
) -> Page[CatalogueOut]:
    after = paging.after("catalogues", code)
    found = await wiring.catalogues.page(code, after[0] if after else None, paging.limit)
    return paging.page(found, CatalogueOut.of, lambda catalogue: [catalogue.id])


@routes.post(
    "/admin/v1/catalogues",
    operation_id="create_catalogue",
    summary="Make a catalogue",
    status_code=status.HTTP_201_CREATED,
    responses=problems(CodeTaken, UnknownReference),
)
async def create_catalogue(
    wiring: Wired, principal: Writing, body: CatalogueCreate, response: Response
) -> CatalogueOut:
    catalogue = await wiring.catalogues.create(principal, body.wanted())
    set_etag(response, catalogue.version)
    response.headers["Location"] = f"/admin/v1/catalogues/{catalogue.id}"
    return CatalogueOut.of(catalogue)


@routes.get(
    "/admin/v1/catalogues/{catalogue_id}",
    operation_id="get_catalogue",
    summary="One catalogue",
    responses=problems(CatalogueNotFound),
)
async def get_catalogue(
    wiring: Wired, _: Reading, catalogue_id: Identifier, response: Response
) -> CatalogueOut:
    catalogue = await wiring.catalogues.get(catalogue_id)
    set_etag(response, catalogue.version)
    return CatalogueOut.of(catalogue)


@routes.patch(
    "/admin/v1/catalogues/{catalogue_id}",
    operation_id="change_catalogue",
    summary="Change a catalogue's name or rules",
    responses=problems(CatalogueNotFound, UnknownReference),
)
async def change_catalogue(
    wiring: Wired,
    principal: Writing,
    catalogue_id: Identifier,
    body: CataloguePatch,
    version: Version,
    response: Response,
) -> CatalogueOut:
    catalogue = await wiring.catalogues.change(principal, catalogue_id, body.change(), version)
    set_etag(response, catalogue.version)
    return CatalogueOut.of(catalogue)


@routes.delete(
    "/admin/v1/catalogues/{catalogue_id}",
    operation_id="remove_catalogue",
    summary="Remove a catalogue: who has it sees nothing of it any more",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(CatalogueNotFound),
)
async def remove_catalogue(
    wiring: Wired, principal: Writing, catalogue_id: Identifier, version: Version
) -> None:
    await wiring.catalogues.remove(principal, catalogue_id, version)


@routes.get(
    "/admin/v1/catalogues/{catalogue_id}/products",
    operation_id="list_catalogue_products",
    summary="What is in a catalogue, by list and by rule",
    responses=problems(CatalogueNotFound, CursorInvalid),
)
async def list_members(
    wiring: Wired, _: Reading, paging: Paged, catalogue_id: Identifier
) -> Page[CatalogueMember]:
    after = paging.after("catalogue-products", catalogue_id)
    rows = await wiring.catalogues.members(catalogue_id, after[0] if after else None, paging.limit)
    return paging.page(rows, CatalogueMember.of, lambda row: [row["product_id"]])


@routes.post(
    "/admin/v1/catalogues/{catalogue_id}/products",
    operation_id="list_products_in_catalogue",
    summary="List products in or out of a catalogue by hand",
    responses=problems(CatalogueNotFound, UnknownReference),
)
async def put_products(
    wiring: Wired, principal: Writing, catalogue_id: Identifier, body: CatalogueProducts
) -> CatalogueOut:
    listed = {"include": body.include, "exclude": body.exclude, "remove": body.remove}
    return CatalogueOut.of(await wiring.catalogues.put_products(principal, catalogue_id, listed))
