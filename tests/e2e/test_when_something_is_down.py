"""What goes on when a part of the platform is down, and that all of it comes back without a loss."""

import asyncio
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from typing import Any, Final

import httpx
import pytest

from local_stack.client import Refused, until
from tests.support.shop import PRICE, Shop, open_shop
from tests.support.system import System

WORKERS: Final = tuple(
    f"{name}-worker" for name in ("accounts", "pricing", "catalog", "order_export", "analytics")
)
# After so long without the accounts worker the gateway can no longer know of revocations by events.
REVOCATIONS_ARE_OLD: Final = 6.0


@pytest.fixture(scope="module")
async def shop(system: System) -> Shop:
    """One for all: outages leave nothing behind."""
    return await open_shop(system)


async def _browse(shop: Shop) -> list[dict[str, Any]]:
    page = await shop.user.get("/v1/products", include="prices")
    items: list[dict[str, Any]] = page["items"]
    assert set(shop.product_ids) == {item["id"] for item in items}
    return items


async def _assert_normal(shop: Shop) -> None:
    assert {Decimal(PRICE)} == {Decimal(item["price"]["net_price"]) for item in await _browse(shop)}
    receipt = await shop.order()
    assert receipt["id"] in {order["id"] for order in (await shop.user.get("/v1/orders"))["items"]}
    await shop.user.get("/v1/carts")


def _assert_unavailable(answer: httpx.Response) -> None:
    assert 503 == answer.status_code, answer.text
    assert answer.headers["Retry-After"]
    assert "application/problem+json" == answer.headers["Content-Type"]


@pytest.mark.parametrize("way", ["killed", "hanging"])
async def test_without_pricing_one_browses_without_prices_and_orders_nothing(
    system: System, shop: Shop, way: str
) -> None:
    await _assert_normal(shop)
    ways: dict[str, AbstractAsyncContextManager[None]] = {
        "killed": system.without("pricing-api"),
        "hanging": system.hanging("pricing-api"),
    }
    before = (await shop.user.get("/v1/orders"))["items"]
    async with ways[way]:
        for item in await _browse(shop):
            assert "unavailable" == item["price"]["status"]
            # Never a remembered price instead.
            assert item["price"].get("net_price") is None
        with pytest.raises(Refused) as refused:
            await shop.order()
        assert 503 == refused.value.status
        assert before == (await shop.user.get("/v1/orders"))["items"]
        await shop.user.get("/v1/carts")
    await until(lambda: _is_normal(shop), what="prices to come back")


async def _is_normal(shop: Shop) -> bool:
    # A breaker that has opened lets the next one try after a moment.
    try:
        await _assert_normal(shop)
    except (Refused, AssertionError, KeyError, TypeError):
        return False
    return True


async def test_without_order_export_one_browses_as_ever_and_carts_wait(system: System, shop: Shop) -> None:
    await _assert_normal(shop)
    async with system.without("order_export-api"):
        assert {Decimal(PRICE)} == {Decimal(item["price"]["net_price"]) for item in await _browse(shop)}
        await shop.user.get("/v1/me")
        _assert_unavailable(await shop.user.send("GET", "/v1/carts"))
        _assert_unavailable(await shop.user.send("GET", "/v1/orders"))
        with pytest.raises(Refused) as refused:
            await shop.order()
        assert 503 == refused.value.status
    await until(lambda: _is_normal(shop), what="carts to come back")


async def test_without_analytics_and_workers_one_orders_and_nothing_is_lost(
    system: System, shop: Shop
) -> None:
    async with system.without("analytics-api", *WORKERS):
        await _assert_normal(shop)
        await asyncio.sleep(REVOCATIONS_ARE_OLD)
        await _assert_normal(shop)
        _assert_unavailable(await shop.staff.send("GET", "/admin/v1/analytics/turnover"))
    await _assert_normal(shop)

    orders = (await shop.user.get("/v1/orders", limit=200))["items"]

    async def counted() -> bool:
        items = (await shop.staff.get("/admin/v1/analytics/turnover", by="account", limit=200))["items"]
        mine = [item for item in items if item["key"] == shop.account_id]
        return [(len(orders), Decimal(PRICE) * len(orders))] == [
            (item["orders"], Decimal(item["turnover"]["amount"])) for item in mine
        ]

    await until(counted, seconds=60, what="every order to be counted once")
