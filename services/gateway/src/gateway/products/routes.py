"""Products over HTTP, for users of customer accounts.

The hot ones are served by the plain routes in `HOT`, which skip FastAPI's parsing; the router below declares
them for the contract and answers with the same functions (a test holds both together).
"""

# ruff: noqa: ARG001 - parameters are declared for the contract; the query is handed on as it stands

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Final, Literal

from fastapi import Depends, Query, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from chassis.declared import query_names
from chassis.pages import CursorInvalid, CursorText, Limit
from chassis.principal import Principal
from chassis.routing import HotRoute, problems, require_query, router
from chassis.security import Requires, channel
from chassis.upstream import UpstreamDown
from chassis.values import Digits, Identifier, Locale, SearchText
from gateway.errors import FilterInvalid, ProductNotFound, VisibilityPending
from gateway.products.composition import Asked, Composed
from gateway.products.schemas import (
    CategoriesAnswer,
    PricesAnswer,
    PricesRequest,
    ProductDetail,
    ProductPage,
    RelationPage,
    Resolved,
    ResolveRequest,
    Suggestions,
)
from gateway.wiring import Wiring

routes = router("products", keeps_answers=False)
SEES_PRODUCTS: Final = channel("products:read")
Seeing = Annotated[Principal, Depends(SEES_PRODUCTS)]
Pricing = Annotated[Principal, Depends(channel("prices:read"))]
Include = Annotated[str | None, Query(max_length=200, description="Parts to add, comma separated.")]
Sort = Literal["relevance", "external_id", "title", "newest"]
Language = Annotated[Locale | None, Query(description="Language of the answer; else by Accept-Language.")]
SEEN: Final = problems(UpstreamDown, VisibilityPending)
Answering = Callable[[Request, Principal], Awaitable[Response]]
_IDENTIFIER: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


@routes.get(
    "/v1/products",
    operation_id="list_products",
    summary="Products in your assortment",
    response_model=ProductPage,
    responses=problems(CursorInvalid, FilterInvalid, UpstreamDown, VisibilityPending),
)
async def list_products(
    request: Request,
    principal: Seeing,
    category_id: Annotated[
        list[Identifier], Query(max_length=200, description="Only these categories and those below.")
    ] = [],  # noqa: B006 - only read
    q: Annotated[SearchText | None, Query(description="What somebody typed: words or a code.")] = None,
    id: Annotated[list[Identifier], Query(max_length=200, description="Only these.")] = [],  # noqa: A002, B006 - the parameter's published name; only read
    attribute: Annotated[
        list[str], Query(description="`code:value` or `code:low..high`; repeated for or.")
    ] = [],  # noqa: B006 - only read
    sort: Annotated[Sort | None, Query(description="Without: by relevance, or by SKU.")] = None,
    include: Include = None,
    locale: Language = None,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Response:
    return await products(request, principal)


@routes.get(
    "/v1/products/{product_id}",
    operation_id="get_product",
    summary="One product",
    response_model=ProductDetail,
    responses=problems(ProductNotFound, FilterInvalid, UpstreamDown, VisibilityPending),
)
async def get_product(
    request: Request,
    principal: Seeing,
    product_id: Identifier,
    include: Include = None,
    locale: Language = None,
) -> Response:
    return await product(request, principal)


@routes.get(
    "/v1/products/{product_id}/relations",
    operation_id="list_product_relations",
    summary="Accessories, alternatives, spare parts and successors of a product",
    response_model=RelationPage,
    responses=problems(ProductNotFound, FilterInvalid, UpstreamDown, VisibilityPending),
)
async def list_product_relations(
    request: Request,
    principal: Seeing,
    product_id: Identifier,
    include: Include = None,
    locale: Language = None,
) -> Response:
    return _response(await _wiring(request).composer.relations(_asked(request, principal), product_id))


@routes.get(
    "/v1/search-suggestions",
    operation_id="suggest",
    summary="What somebody who types this may be looking for",
    response_model=Suggestions,
    responses=SEEN,
)
async def suggest(
    request: Request,
    principal: Seeing,
    q: Annotated[SearchText, Query(description="What was typed so far.")],
    locale: Language = None,
    limit: Annotated[int, Digits, Query(ge=1, le=20, description="How many at most.")] = 8,
) -> Response:
    return await suggestions(request, principal)


@routes.post(
    "/v1/products/resolve",
    operation_id="resolve_products",
    summary="Find products by SKU, GTIN, manufacturer's, former or own number",
    response_model=Resolved,
    responses=SEEN,
)
async def resolve_products(request: Request, principal: Seeing, body: ResolveRequest) -> Response:
    asked, json = _asked(request, principal), body.model_dump(mode="json", exclude_none=True)
    path = "/internal/v1/products/resolve"
    return _response(await _wiring(request).composer.from_catalog(asked, "POST", path, json))


@routes.post(
    "/v1/prices",
    operation_id="get_prices",
    summary="Your prices of products, by unit and quantity",
    response_model=PricesAnswer,
    responses=SEEN,
)
async def get_prices(request: Request, principal: Pricing, body: PricesRequest) -> Response:
    items = [item.model_dump(mode="json", exclude_none=True) for item in body.items]
    return _response(await _wiring(request).composer.prices(_asked(request, principal), items))


@routes.get(
    "/v1/categories",
    operation_id="list_categories",
    summary="Category trees of your assortment",
    response_model=CategoriesAnswer,
    responses=SEEN,
)
async def list_categories(
    request: Request,
    principal: Seeing,
    tree_id: Annotated[Identifier | None, Query(description="Only this tree.")] = None,
    locale: Language = None,
) -> Response:
    asked = _asked(request, principal)
    return _response(await _wiring(request).composer.from_catalog(asked, "GET", "/internal/v1/categories"))


async def products(request: Request, principal: Principal) -> Response:
    """A page of products."""
    return _response(await _wiring(request).composer.products(_asked(request, principal)))


async def product(request: Request, principal: Principal) -> Response:
    """One product; an id that is none of ours is nobody's product. Raises ProductNotFound."""
    product_id: str = request.path_params["product_id"]
    if not _IDENTIFIER.fullmatch(product_id):
        raise ProductNotFound
    return _response(await _wiring(request).composer.product(_asked(request, principal), product_id))


async def suggestions(request: Request, principal: Principal) -> Response:
    """Suggestions."""
    asked = _asked(request, principal)
    return _response(await _wiring(request).composer.from_catalog(asked, "GET", "/internal/v1/suggestions"))


def _hot(
    path: str, answer: Callable[[Request, Principal], Awaitable[Response]], requires: Requires
) -> HotRoute:
    declared = next(each for each in routes.routes if isinstance(each, APIRoute) and each.path == path)
    names = query_names(declared)

    async def serve(request: Request) -> Response:
        require_query(request, names)
        return await answer(request, await requires(request))

    return HotRoute(path, serve, methods=["GET"])


HOT: Final = (
    _hot("/v1/products", products, SEES_PRODUCTS),
    _hot("/v1/products/{product_id}", product, SEES_PRODUCTS),
    _hot("/v1/search-suggestions", suggestions, SEES_PRODUCTS),
)


def _asked(request: Request, principal: Principal) -> Asked:
    query = request.query_params.multi_items()
    return Asked(principal, request.scope["path"], query, request.headers.get("accept-language"))


def _wiring(request: Request) -> Wiring:
    wiring: Wiring = request.app.state.wiring
    return wiring


def _response(composed: Composed) -> Response:
    headers = {"Content-Type": "application/json", **composed.headers}
    return Response(composed.body, status_code=composed.status, headers=headers)
