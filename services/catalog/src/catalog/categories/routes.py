"""Category trees and categories over HTTP, for staff."""

from typing import Annotated

from fastapi import Depends, Query, Response, status

from catalog.categories import schemas
from catalog.errors import CategoryCycle, CategoryNotFound, CategoryTreeNotFound, CodeTaken, InUse
from catalog.wiring import Wired
from chassis.etag import if_match, set_etag
from chassis.pages import CursorInvalid, Page, Paged
from chassis.principal import Principal
from chassis.routing import problems, router
from chassis.security import admin
from chassis.values import Identifier

routes = router("categories")
Reading = Annotated[Principal, Depends(admin("catalog:read", "catalog:write"))]
Writing = Annotated[Principal, Depends(admin("catalog:write"))]
Version = Annotated[int, Depends(if_match)]


@routes.get(
    "/admin/v1/category-trees",
    operation_id="list_category_trees",
    summary="Category trees",
    responses=problems(CursorInvalid),
)
async def list_trees(wiring: Wired, _: Reading, paging: Paged) -> Page[schemas.CategoryTreeOut]:
    after = paging.after("category-trees")
    found = await wiring.categories.trees(after[0] if after else None, paging.limit)
    return paging.page(found, schemas.CategoryTreeOut.of, lambda tree: [tree.id])


@routes.post(
    "/admin/v1/category-trees",
    operation_id="create_category_tree",
    summary="Make a category tree",
    status_code=status.HTTP_201_CREATED,
    responses=problems(CodeTaken),
)
async def create_tree(
    wiring: Wired, principal: Writing, body: schemas.CategoryTreeCreate
) -> schemas.CategoryTreeOut:
    return schemas.CategoryTreeOut.of(await wiring.categories.create_tree(principal, body.wanted()))


@routes.get(
    "/admin/v1/categories",
    operation_id="list_categories",
    summary="Categories",
    responses=problems(CursorInvalid),
)
async def list_categories(
    wiring: Wired,
    _: Reading,
    paging: Paged,
    tree_id: Annotated[Identifier | None, Query(description="Only of this tree.")] = None,
    parent_id: Annotated[Identifier | None, Query(description="Only children of this category.")] = None,
) -> Page[schemas.CategoryOut]:
    after = paging.after("categories", tree_id, parent_id)
    found = await wiring.categories.page(tree_id, parent_id, after[0] if after else None, paging.limit)
    return paging.page(found, schemas.CategoryOut.of, lambda category: [category.id])


@routes.post(
    "/admin/v1/categories",
    operation_id="create_category",
    summary="Make a category",
    status_code=status.HTTP_201_CREATED,
    responses=problems(CategoryTreeNotFound, CategoryNotFound, CodeTaken),
)
async def create_category(
    wiring: Wired, principal: Writing, body: schemas.CategoryCreate, response: Response
) -> schemas.CategoryOut:
    category = await wiring.categories.create(principal, body.wanted())
    set_etag(response, category.version)
    response.headers["Location"] = f"/admin/v1/categories/{category.id}"
    return schemas.CategoryOut.of(category)


@routes.get(
    "/admin/v1/categories/{category_id}",
    operation_id="get_category",
    summary="One category",
    responses=problems(CategoryNotFound),
)
async def get_category(
    wiring: Wired, _: Reading, category_id: Identifier, response: Response
) -> schemas.CategoryOut:
    category = await wiring.categories.get(category_id)
    set_etag(response, category.version)
    return schemas.CategoryOut.of(category)


@routes.patch(
    "/admin/v1/categories/{category_id}",
    operation_id="change_category",
    summary="Change a category's code, names or position",
    responses=problems(CategoryNotFound, CodeTaken),
)
async def change_category(
    wiring: Wired,
    principal: Writing,
    category_id: Identifier,
    body: schemas.CategoryPatch,
    version: Version,
    response: Response,
) -> schemas.CategoryOut:
    category = await wiring.categories.change(principal, category_id, body.change(), version)
    set_etag(response, category.version)
    return schemas.CategoryOut.of(category)


@routes.post(
    "/admin/v1/categories/{category_id}/move",
    operation_id="move_category",
    summary="Put a category, with everything under it, below another parent",
    responses=problems(CategoryNotFound, CategoryCycle),
)
async def move_category(
    wiring: Wired,
    principal: Writing,
    category_id: Identifier,
    body: schemas.CategoryMove,
    version: Version,
    response: Response,
) -> schemas.CategoryOut:
    category = await wiring.categories.move(principal, category_id, body.parent_id, body.position, version)
    set_etag(response, category.version)
    return schemas.CategoryOut.of(category)


@routes.delete(
    "/admin/v1/categories/{category_id}",
    operation_id="remove_category",
    summary="Remove an empty category",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(CategoryNotFound, InUse),
)
async def remove_category(
    wiring: Wired, principal: Writing, category_id: Identifier, version: Version
) -> None:
    await wiring.categories.remove(principal, category_id, version)
