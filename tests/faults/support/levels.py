"""What a shop's user can do at this moment: browse, see prices, order."""

import secrets
from decimal import Decimal
from enum import StrEnum
from typing import Final

import httpx

from tests.support.shop import PRICE, Shop


class Level(StrEnum):
    """How well something goes."""

    NORMAL = "normal"
    UNPRICED = "without a price"
    NOT_NOW = "503"


NORMAL, UNPRICED, NOT_NOW = Level.NORMAL, Level.UNPRICED, Level.NOT_NOW
Levels = tuple[Level, Level, Level]
"""Browsing, prices, ordering."""

FINE: Final[Levels] = (NORMAL, NORMAL, NORMAL)


async def levels(shop: Shop) -> Levels:
    """Tries all three; whatever is neither as ever nor said to be so just now is an error."""
    return await browsing(shop), await pricing(shop), await ordering(shop)


async def browsing(shop: Shop) -> Level:
    """Lists, opens a product, searches, completes."""
    answers = [
        await shop.user.send("GET", "/v1/products"),
        await shop.user.send("GET", f"/v1/products/{shop.product_ids[0]}"),
        await shop.user.send("GET", "/v1/products", params={"q": shop.code}),
        await shop.user.send("GET", "/v1/search-suggestions", params={"q": "product"}),
        await shop.user.send("GET", "/v1/categories"),
    ]
    if _refused(answers):
        return NOT_NOW
    assert set(shop.product_ids) == {item["id"] for item in answers[0].json()["items"]}
    return NORMAL


async def pricing(shop: Shop) -> Level:
    """Prices in the list, on the product's page, and asked for."""
    body = {"items": [{"product_id": product_id} for product_id in shop.product_ids]}
    listed = await shop.user.send("GET", "/v1/products", params={"include": "prices"})
    opened = await shop.user.send("GET", f"/v1/products/{shop.product_ids[0]}", params={"include": "prices"})
    asked = await shop.user.send("POST", "/v1/prices", json=body)
    if _refused([listed, opened, asked]):
        return NOT_NOW
    items = [*listed.json()["items"], opened.json(), *asked.json()["items"]]
    assert len(items) == 2 * len(shop.product_ids) + 1
    prices = {(item["price"]["status"], item["price"].get("net_price")) for item in items}
    if prices == {("unavailable", None)}:
        return UNPRICED
    [(_, price)] = prices
    assert Decimal(PRICE) == Decimal(price)
    return NORMAL


async def ordering(shop: Shop) -> Level:
    """Places an order, and finds it among one's own."""
    body = {"lines": [{"product_id": shop.product_ids[0], "quantity": "1"}]}
    answer = await shop.user.send(
        "POST", "/v1/orders", json=body, headers={"Idempotency-Key": secrets.token_hex(8)}
    )
    if _refused([answer]):
        return NOT_NOW
    assert answer.json()["id"] in await placed(shop)
    return NORMAL


async def placed(shop: Shop) -> set[str]:
    """The ids of the account's orders."""
    found: set[str] = set()
    cursor: str | None = None
    while True:
        page = await shop.user.get("/v1/orders", limit=200, **({"cursor": cursor} if cursor else {}))
        found |= {order["id"] for order in page["items"]}
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def _refused(answers: list[httpx.Response]) -> bool:
    """True when all of them say "not now" as they should, False when all went well."""
    states = {answer.status_code for answer in answers}
    assert states in ({200}, {201}, {503}), [answer.text for answer in answers]
    if states == {503}:
        for answer in answers:
            assert answer.headers["Retry-After"]
            assert "application/problem+json" == answer.headers["Content-Type"]
    return states == {503}
