"""The table "When something is down": what goes on without each part, and that all of it comes back."""

import asyncio
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

import httpx
import pytest

from local_stack.client import Refused, until
from tests.faults.support.levels import (
    FINE,
    NORMAL,
    NOT_NOW,
    UNPRICED,
    Levels,
    browsing,
    levels,
    placed,
)
from tests.support.shop import PRICE, Shop, open_shop
from tests.support.system import System


@dataclass(frozen=True)
class Row:
    """What is down, and how browsing, prices and ordering go then."""

    down: tuple[str, ...]
    expected: Levels


TABLE: Final = {
    "pricing": Row(("pricing-api",), (NORMAL, UNPRICED, NOT_NOW)),
    "catalog": Row(("catalog-api",), (NOT_NOW, NOT_NOW, NOT_NOW)),
    "accounts": Row(("accounts-api",), (NORMAL, NORMAL, NOT_NOW)),
    "revocations": Row(("accounts-worker",), FINE),
    "accounts and revocations": Row(("accounts-api", "accounts-worker"), (NORMAL, NORMAL, NOT_NOW)),
    "order_export": Row(("order_export-api",), (NORMAL, NORMAL, NOT_NOW)),
    "export worker": Row(("order_export-worker",), FINE),
    "analytics": Row(("analytics-api", "analytics-worker"), FINE),
    "all workers": Row(
        ("accounts-worker", "pricing-worker", "catalog-worker", "order_export-worker", "analytics-worker"),
        FINE,
    ),
}
# For the short form. Hanging is slower than killed: every call waits for its deadline.
BRIEFLY: Final = {("accounts", "killed"), ("order_export", "killed"), ("pricing", "hanging")}
# After so long without the accounts worker the gateway can no longer know of revocations by events.
REVOCATIONS_ARE_OLD: Final = 6.0
AUDIENCES_ARE_OLD: Final = 61.0


@pytest.fixture(scope="module")
async def opened(system: System) -> Shop:
    """One for all: outages leave nothing behind."""
    return await open_shop(system)


@pytest.fixture
async def shop(system: System, opened: Shop) -> Shop:
    """The shop with fresh tokens: all outages together last longer than one lives."""
    return replace(opened, user=await opened.user_again(), staff=await system.staff())


async def _are_fine(shop: Shop) -> bool:
    # A breaker that has opened lets the next one try after a moment; the gateway has its own for accounts.
    try:
        return await levels(shop) == FINE and 200 == (await shop.user.send("GET", "/v1/me")).status_code
    except (Refused, AssertionError, httpx.TransportError):
        return False


async def _come_back(shop: Shop) -> None:
    await until(lambda: _are_fine(shop), seconds=60, what="everything to come back")


@pytest.mark.parametrize(
    ("name", "way"),
    [
        pytest.param(name, way, marks=() if (name, way) in BRIEFLY else pytest.mark.long)
        for way in ("killed", "hanging")
        for name in TABLE
    ],
)
async def test_without_it_goes_on_what_the_table_says(
    system: System, shop: Shop, name: str, way: str
) -> None:
    row = TABLE[name]
    if name == "pricing":
        await _fresh_audiences(system)
    assert FINE == await levels(shop)
    before = await placed(shop)
    async with system.without(*row.down) if way == "killed" else system.hanging(*row.down):
        if "accounts-worker" in row.down:
            await asyncio.sleep(REVOCATIONS_ARE_OLD)
        found = await levels(shop)
        if name == "order_export":
            await _carts_wait(shop)
        elif found[2] is NOT_NOW:
            # A refused order is no order.
            assert before == await placed(shop)
        if name == "analytics":
            answer = await shop.staff.send("GET", "/admin/v1/analytics/turnover")
            assert 503 == answer.status_code, answer.text
    assert row.expected == found
    await _come_back(shop)


# What a kinder design would do: sell to whom it knew a moment ago.
_REMEMBERS_ACCOUNTS: Final = """
from order_export.offers.sources import OfferSources
ask, known = OfferSources.account, {}

async def remembered(sources, principal):
    try:
        known[principal.account_id] = await ask(sources, principal)
    except Exception:
        if principal.account_id not in known:
            raise
    return known[principal.account_id]

OfferSources.account = remembered
"""


async def test_an_account_that_is_remembered_is_found(system: System, shop: Shop) -> None:
    async with system.flawed("order_export-api", _REMEMBERS_ACCOUNTS):
        assert FINE == await levels(shop)
        async with system.without("accounts-api"):
            found = await levels(shop)
        assert (TABLE["accounts"].expected, FINE) == ((*found[:2], NOT_NOW), found)
    await _come_back(shop)


async def _fresh_audiences(system: System) -> None:
    """catalog remembers users' audiences for a minute; from now on it has a whole one."""
    async with system.without("catalog-api"):
        pass


async def _carts_wait(shop: Shop) -> None:
    answer = await shop.user.send("GET", "/v1/carts")
    assert 503 == answer.status_code, answer.text
    assert 200 == (await shop.user.send("GET", "/v1/me")).status_code


@pytest.mark.long
async def test_without_pricing_nobody_browses_by_an_audience_older_than_a_minute(
    system: System, shop: Shop
) -> None:
    await _fresh_audiences(system)
    assert FINE == await levels(shop)
    async with system.without("pricing-api"):
        assert NORMAL is await browsing(shop)
        await asyncio.sleep(AUDIENCES_ARE_OLD)
        answer = await shop.user.send("GET", "/v1/products")
        assert (503, "visibility_pending") == (answer.status_code, answer.json()["code"])
    await _come_back(shop)


async def test_after_all_outages_every_order_is_counted_once(shop: Shop) -> None:
    orders = await placed(shop)

    async def counted() -> bool:
        staff = await shop.system.staff()
        page = await staff.get("/admin/v1/analytics/turnover", by="account", account_id=shop.account_id)
        return [(len(orders), Decimal(PRICE) * len(orders))] == [
            (item["orders"], Decimal(item["turnover"]["amount"])) for item in page["items"]
        ]

    await until(counted, seconds=60, what="every order to be counted once")
