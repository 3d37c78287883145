"""Products and their digital layer over HTTP, for staff."""

from typing import Annotated, Literal

from fastapi import Depends, Query, Response

from catalog.browsing.search import words
from catalog.content.schemas import AdminProduct, AdminProductRow, ContentPatch, VisibilityExplained
from catalog.errors import (
    AudienceUnknown,
    ProductNotFound,
    UnknownReference,
    ValueRefused,
    VisibilityPending,
)
from catalog.families.schemas import ChannelCompleteness, ProductCompleteness
from catalog.wiring import Wired
from chassis.etag import if_match, set_etag
from chassis.pages import CursorInvalid, Page, Paged
from chassis.principal import Principal
from chassis.routing import problems, router
from chassis.security import admin
from chassis.values import Identifier, SearchText

routes = router("products")
Reading = Annotated[Principal, Depends(admin("catalog:read", "catalog:write"))]
Writing = Annotated[Principal, Depends(admin("catalog:write"))]
Version = Annotated[int, Depends(if_match)]
Lifecycle = Literal["active", "phase_out", "discontinued"]


@routes.get(
    "/admin/v1/products",
    operation_id="list_products_for_staff",
    summary="Every product there is",
    responses=problems(CursorInvalid),
)
async def list_products(
    wiring: Wired,
    _: Reading,
    paging: Paged,
    external_id: Annotated[SearchText | None, Query(description="Only this SKU, exactly.")] = None,
    source: Annotated[SearchText | None, Query(description="Only of this ERP.")] = None,
    lifecycle: Annotated[Lifecycle | None, Query(description="Only in this state.")] = None,
    q: Annotated[SearchText | None, Query(description="Every word in title or SKU.")] = None,
) -> Page[AdminProductRow]:
    wanted = {"external_id": external_id, "source": source, "lifecycle": lifecycle}
    after = paging.after("admin-products", wanted, q)
    rows = await wiring.contents.page(wanted, words(q or ""), after[0] if after else None, paging.limit)
    return paging.page(rows, AdminProductRow.of, lambda row: [row["id"]])


@routes.get(
    "/admin/v1/products/{product_id}",
    operation_id="get_product_for_staff",
    summary="One product: the ERP's fields and the digital layer",
    responses=problems(ProductNotFound),
)
async def get_product(wiring: Wired, _: Reading, product_id: Identifier, response: Response) -> AdminProduct:
    row, content = await wiring.contents.get(product_id)
    set_etag(response, content.version)
    return AdminProduct.of(row, content)


@routes.patch(
    "/admin/v1/products/{product_id}",
    operation_id="describe_product",
    summary="Change the digital layer of a product",
    responses=problems(ProductNotFound, UnknownReference, ValueRefused),
)
async def describe_product(
    wiring: Wired,
    principal: Writing,
    product_id: Identifier,
    body: ContentPatch,
    version: Version,
    response: Response,
) -> AdminProduct:
    await wiring.contents.change(principal, product_id, body.change(), version)
    row, content = await wiring.contents.get(product_id)
    set_etag(response, content.version)
    return AdminProduct.of(row, content)


@routes.get(
    "/admin/v1/products/{product_id}/visibility",
    operation_id="explain_visibility",
    summary="Why a user sees a product, or does not",
    responses=problems(ProductNotFound, AudienceUnknown, VisibilityPending),
)
async def explain_visibility(
    wiring: Wired,
    principal: Annotated[Principal, Depends(admin("visibility:read"))],
    product_id: Identifier,
    user_id: Annotated[Identifier, Query(description="Whose eyes.")],
) -> VisibilityExplained:
    found = await wiring.explainer.explain(principal, product_id, user_id)
    return VisibilityExplained(
        product_id=product_id,
        user_id=user_id,
        visible=found.visible,
        audience_id=found.audience.id,
        audience_version=found.audience.version,
        catalogue_id=found.audience.catalogue_id,
        checks=VisibilityExplained.checks_of(found.verdicts),
    )


@routes.get(
    "/admin/v1/products/{product_id}/completeness",
    operation_id="get_product_completeness",
    summary="How complete a product is per channel, and which fields are missing",
    responses=problems(ProductNotFound),
)
async def get_completeness(wiring: Wired, _: Reading, product_id: Identifier) -> ProductCompleteness:
    await wiring.contents.get(product_id)
    found = (await wiring.families.completeness([product_id])).get(product_id, {})
    return ProductCompleteness(
        product_id=product_id,
        channels=[ChannelCompleteness.of(channel, figures) for channel, figures in found.items()],
    )
