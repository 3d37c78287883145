"""Reads of a channel over HTTP, for the gateway and for order_export, with the user's token."""

from typing import Annotated, Any, Final

import orjson
from fastapi import Depends, Header, Query, Response

from catalog.browsing import models, schemas
from catalog.browsing.filters import read_filters
from catalog.browsing.locales import Language, choose
from catalog.browsing.queries import SEES_STOCK
from catalog.errors import FilterInvalid, ProductNotFound, VisibilityPending
from catalog.wiring import Wired
from chassis.pages import CursorInvalid, CursorText, Limit
from chassis.principal import Principal
from chassis.routing import problems, router
from chassis.security import channel
from chassis.values import Digits, Identifier, Locale, SearchText, plain

routes = router("browsing")
Reading = Annotated[Principal, Depends(channel("products:read"))]
Include = Annotated[list[SearchText], Query(max_length=10, description="What to add, comma separated.")]
LIST_PARTS: Final = frozenset({"availability", "facets", "total"})
DETAIL_PARTS: Final = frozenset({"variants", "relations", "media", "availability"})
Ids = Annotated[list[Identifier], Query(max_length=200)]
LimitedText = Annotated[SearchText, Query(min_length=1)]


async def language_of(
    wiring: Wired,
    response: Response,
    locale: Annotated[Locale | None, Query(description="Language; overrides Accept-Language.")] = None,
    accept_language: Annotated[str | None, Header(max_length=500)] = None,
) -> Language:
    """Dependency: the language to answer in; the answer says which."""
    settings = wiring.settings
    found = choose(locale, accept_language, settings.locales, settings.erp_locale)
    response.headers["Content-Language"] = found.locale
    return found


Spoken = Annotated[Language, Depends(language_of)]


def _json(body: bytes, language: Language) -> Response:
    # Built by PostgreSQL: neither parsed nor validated again.
    return Response(body, media_type="application/json", headers={"Content-Language": language.locale})


def included(include: list[str], offered: frozenset[str]) -> frozenset[str]:
    """The parts named in `?include=`, repeated or comma separated. Raises FilterInvalid."""
    parts = frozenset(part for entry in include for part in entry.split(",") if part)
    # The gateway adds prices itself and may pass the word on.
    unknown = parts - offered - {"prices"}
    if unknown:
        raise FilterInvalid("include", f"one of {', '.join(sorted(offered))}")
    return parts


async def asked_for(
    principal: Reading,
    language: Spoken,
    category_id: Annotated[Ids, Query(description="In any of these categories or below.")] = [],  # noqa: B006 - FastAPI copies it
    id: Annotated[Ids, Query(description="Only these.")] = [],  # noqa: A002,B006 - the parameter's published name; FastAPI copies it
    q: Annotated[SearchText | None, Query(description="Words, or a code.")] = None,
    attribute: Annotated[list[str], Query(description="`code:value` or `code:low..high`.")] = [],  # noqa: B006 - FastAPI copies it
    sort: Annotated[models.Sort | None, Query(description="Without: by relevance, or by SKU.")] = None,
    include: Include = [],  # noqa: B006 - FastAPI copies it
) -> models.Query:
    """Dependency: what the list is asked for. Raises FilterInvalid."""
    parts = included(include, LIST_PARTS)
    return models.Query(
        language=language,
        category_ids=tuple(sorted(category_id)),
        ids=tuple(sorted(id)),
        text=q if q and q.strip() else None,
        attributes=read_filters(attribute),
        sort=sort,
        availability="availability" in parts and principal.may(SEES_STOCK),
        facets="facets" in parts,
        total="total" in parts,
    )


@routes.get(
    "/internal/v1/products",
    operation_id="browse_products",
    summary="Products the caller sees",
    response_model=schemas.ProductPage,
    responses=problems(CursorInvalid, FilterInvalid, VisibilityPending),
)
async def browse_products(
    wiring: Wired,
    principal: Reading,
    query: Annotated[models.Query, Depends(asked_for)],
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Response:
    return _json(await wiring.browsing.products(principal, query, cursor, limit), query.language)


@routes.post(
    "/internal/v1/products/resolve",
    operation_id="resolve_product_codes",
    summary="What codes stand for: SKU, GTIN, manufacturer's, former, and the account's own numbers",
    response_model=schemas.ResolveAnswer,
    responses=problems(VisibilityPending),
)
async def resolve_codes(
    wiring: Wired, principal: Reading, language: Spoken, body: schemas.ResolveRequest
) -> Response:
    found = await wiring.ordering.resolve(principal, [line.code for line in body.items], language)
    lines = [
        _line(index, line, meant) for index, (line, meant) in enumerate(zip(body.items, found, strict=True))
    ]
    return _json(orjson.dumps({"items": lines}), language)


def _line(index: int, line: schemas.CodeLine, meant: dict[str, Any]) -> dict[str, Any]:
    quantity = None if line.quantity is None else plain(line.quantity)
    unit = line.unit or meant["unit"]
    return {"index": index, "code": line.code, "quantity": quantity, **meant, "unit": unit}


@routes.post(
    "/internal/v1/products/ordering",
    operation_id="check_products_for_ordering",
    summary="Whether the caller sees products, and on which terms they may be ordered",
    response_model=schemas.OrderingAnswer,
    responses=problems(VisibilityPending),
)
async def check_ordering(wiring: Wired, principal: Reading, body: schemas.OrderingRequest) -> Response:
    found = await wiring.ordering.terms(principal, [line.product_id for line in body.items])
    return Response(found, media_type="application/json")


@routes.get(
    "/internal/v1/products/{product_id}",
    operation_id="browse_product",
    summary="One product the caller sees",
    response_model=schemas.ProductDetail,
    responses=problems(ProductNotFound, FilterInvalid, VisibilityPending),
)
async def browse_product(
    wiring: Wired,
    principal: Reading,
    product_id: Identifier,
    language: Spoken,
    include: Include = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    parts = included(include, DETAIL_PARTS)
    return _json(await wiring.browsing.product(principal, product_id, language, parts), language)


@routes.get(
    "/internal/v1/products/{product_id}/relations",
    operation_id="browse_relations",
    summary="Products related to one, those the caller sees",
    response_model=schemas.RelationPage,
    responses=problems(ProductNotFound, FilterInvalid, VisibilityPending),
)
async def browse_relations(
    wiring: Wired,
    principal: Reading,
    product_id: Identifier,
    language: Spoken,
    include: Include = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    stock = "availability" in included(include, frozenset({"availability"}))
    return _json(await wiring.browsing.relations(principal, product_id, language, stock=stock), language)


@routes.get(
    "/internal/v1/suggestions",
    operation_id="suggest_products",
    summary="Products that what was typed so far may mean",
    response_model=schemas.Suggestions,
    responses=problems(VisibilityPending),
)
async def suggest(
    wiring: Wired,
    principal: Reading,
    language: Spoken,
    q: LimitedText,
    limit: Annotated[int, Digits, Query(ge=1, le=20)] = 8,
) -> Response:
    return _json(await wiring.browsing.suggestions(principal, q, language, limit), language)


@routes.get(
    "/internal/v1/categories",
    operation_id="browse_categories",
    summary="Categories with something in them that the caller sees",
    response_model=schemas.ChannelCategories,
    responses=problems(VisibilityPending),
)
async def browse_categories(
    wiring: Wired,
    principal: Reading,
    language: Spoken,
    tree_id: Annotated[Identifier | None, Query(description="Only this tree.")] = None,
) -> Response:
    return _json(await wiring.browsing.categories(principal, language, tree_id), language)
