"""Prices over HTTP: for the platform's own composition, for staff and for the ERP."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import orjson
from fastapi import Depends, Query, Response

from chassis.failures import Denied
from chassis.pages import CursorInvalid, Page, Paged
from chassis.principal import Caller, Principal
from chassis.routing import problems, router
from chassis.security import admin, integration, internal
from chassis.values import Identifier, Line, Moment, Quantity, SearchText, plain
from pricing.errors import AccountNotFound, AccountRequired, NotForUsers, PricesPending, ProductNotFound
from pricing.prices.models import PriceFilter, Quote
from pricing.prices.schemas import (
    HIDDEN,
    AccountPricesQuestion,
    ExplanationOut,
    KeyedPricesQuestion,
    PriceRowOut,
    PricesAnswer,
    PricesQuestion,
    evidence_json,
    price_json,
)
from pricing.prices.service import Asked
from pricing.wiring import Wired, Wiring

routes = router("prices")
PATH: Final = "/internal/v1/prices"
CALLERS: Final = (Caller.USER, Caller.STAFF, Caller.CLIENT)
Reading = Annotated[Principal, Depends(admin("pricing:read", "pricing:write"))]
_ANSWER: dict[int | str, dict[str, Any]] = {200: {"model": PricesAnswer, "description": "The prices."}}


@routes.post(
    PATH,
    operation_id="get_prices",
    summary="Prices of the token's account now, or of a named account",
    response_class=Response,
    responses=_ANSWER | problems(PricesPending, NotForUsers, AccountRequired, AccountNotFound),
)
async def get_prices(
    wiring: Wired,
    principal: Annotated[Principal, Depends(internal(*CALLERS))],
    body: PricesQuestion,
    evidence: Annotated[bool, Query(description="With the rows behind each price, for an order.")] = False,
) -> Response:
    asked = [line.asked() for line in body.items]
    if principal.caller is not Caller.USER:
        return _json(_items(asked, await _of_account(wiring, principal, body, asked), evidence=evidence))
    for field in ("account_id", "at"):
        if getattr(body, field) is not None:
            raise NotForUsers(pointer=f"/{field}")
    return await answer_user(wiring, principal, asked, evidence=evidence)


@routes.post(
    "/admin/v1/prices/resolve",
    operation_id="resolve_prices",
    summary="Prices of an account, now or as they were",
    response_class=Response,
    responses=_ANSWER | problems(AccountNotFound),
)
async def resolve_prices(wiring: Wired, _: Reading, body: AccountPricesQuestion) -> Response:
    asked = [line.asked() for line in body.items]
    quotes = await wiring.prices.for_account(body.account_id, asked, body.at)
    return _json(_items(asked, quotes, evidence=True))


@routes.post(
    "/integration/v1/prices/resolve",
    operation_id="resolve_prices_by_key",
    summary="Prices of an account by the ERP's keys, now or as they were",
    response_class=Response,
    responses=_ANSWER | problems(AccountNotFound),
)
async def resolve_prices_by_key(
    wiring: Wired,
    principal: Annotated[Principal, Depends(integration("prices:resolve"))],
    body: KeyedPricesQuestion,
) -> Response:
    keys = [line.external_id for line in body.items]
    account_id, ids = await wiring.prices.by_keys(principal.source or "", body.account_external_id, keys)
    asked = [Asked(found, line.unit, line.quantity) for line, found in zip(body.items, ids, strict=True)]
    quotes = await wiring.prices.for_account(account_id, asked, body.at)
    heads = zip(body.items, ids, quotes, strict=True)
    return _json(
        [
            {"product_id": found, "external_id": line.external_id, **_line(line.quantity, quote)}
            for line, found, quote in heads
        ]
    )


@routes.get(
    "/admin/v1/prices/explain",
    operation_id="explain_price",
    summary="Why a price is what it is: every row looked at, and why it won or lost",
    responses=problems(AccountNotFound, ProductNotFound),
)
async def explain_price(
    wiring: Wired,
    _: Reading,
    account_id: Annotated[Identifier, Query(description="For this account.")],
    product_id: Annotated[Identifier, Query(description="Of this product.")],
    unit: Annotated[Line | None, Query(description="In this unit; else the product's usual one.")] = None,
    quantity: Annotated[Quantity | None, Query(description="For so many; else one.")] = None,
    at: Annotated[Moment | None, Query(description="At this moment; else now.")] = None,
) -> ExplanationOut:
    return ExplanationOut.of(await wiring.prices.explain(account_id, Asked(product_id, unit, quantity), at))


@routes.get(
    "/admin/v1/prices",
    operation_id="list_prices",
    summary="Price rows as the ERP sent them",
    dependencies=[Depends(admin("pricing:read", "pricing:write"))],
    responses=problems(CursorInvalid),
)
async def list_prices(
    wiring: Wired,
    paging: Paged,
    applies_to_type: Annotated[
        Literal["all", "price_group", "account"] | None, Query(description="Only rows for such.")
    ] = None,
    applies_to: Annotated[SearchText | None, Query(description="Only rows for this ERP key.")] = None,
    target: Annotated[SearchText | None, Query(description="Only rows about this ERP key.")] = None,
    unresolved: Annotated[
        bool | None, Query(description="Only rows whose product is unknown, or known.")
    ] = None,
) -> Page[PriceRowOut]:
    after = paging.after("prices", applies_to_type, applies_to, target, unresolved)
    wanted = PriceFilter(applies_to_type, applies_to, target, unresolved)
    async with wiring.database.read() as reader:
        rows = await wiring.price_rows.page(reader, wanted, after[0] if after else None, paging.limit)
    return paging.page(rows, PriceRowOut.of, lambda row: [row["id"]])


def _sees_prices(principal: Principal, *, evidence: bool) -> bool:
    # Who orders without seeing prices is priced all the same: order_export asks with evidence, shows none.
    return principal.may("prices:read") or (evidence and principal.may("orders:place"))


async def answer_user(
    wiring: Wiring, principal: Principal, asked: Sequence[Asked], *, evidence: bool
) -> Response:
    """The prices of the user's own account now. Raises PricesPending."""
    if not _sees_prices(principal, evidence=evidence):
        return _json([{**_head(line, None), "price": HIDDEN} for line in asked])
    return _json(_items(asked, await wiring.prices.for_user(principal, asked), evidence=evidence))


async def _of_account(
    wiring: Wiring, principal: Principal, body: PricesQuestion, asked: Sequence[Asked]
) -> list[Quote]:
    if not (principal.may("pricing:read") or principal.may("prices:resolve")):
        raise Denied("needs pricing:read or prices:resolve")
    if body.account_id is None:
        raise AccountRequired
    return await wiring.prices.for_account(body.account_id, asked, body.at)


def _items(lines: Sequence[Asked], quotes: Sequence[Quote], *, evidence: bool) -> list[dict[str, Any]]:
    items = []
    for line, quote in zip(lines, quotes, strict=True):
        item = {**_head(line, quote.unit), "price": price_json(quote)}
        if evidence:
            item["evidence"] = evidence_json(quote)
        items.append(item)
    return items


def _head(line: Asked, unit: str | None) -> dict[str, Any]:
    quantity = "1" if line.quantity is None else plain(line.quantity)
    return {"product_id": line.product_id, "unit": line.unit or unit, "quantity": quantity}


def _line(quantity: Any, quote: Quote) -> dict[str, Any]:
    return {
        "unit": quote.unit,
        "quantity": "1" if quantity is None else plain(quantity),
        "price": price_json(quote),
        "evidence": evidence_json(quote),
    }


def _json(items: list[dict[str, Any]]) -> Response:
    return Response(orjson.dumps({"items": items}), media_type="application/json")
