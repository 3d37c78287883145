"""How long after its commit a change is visible in a channel."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from local_stack.client import Caller, Refused
from local_stack.erp import SCOPES
from tests.load import loading
from tests.load.generator import percentile
from tests.load.loading import SOURCE, Trade
from tests.load.platform import Bench
from tests.load.results import Line
from tests.support.shop import machine

_ROUNDS: Final = 40


async def visible(bench: Bench) -> Sequence[Line]:
    """A title, a stock level, a price and a visibility rule, each changed again and again."""
    trade = await bench.trade()
    staff = await bench.system.staff()
    erp = await machine(bench.system, staff, SOURCE, SCOPES)
    buyer = await loading.buyer(bench.system, trade.account_ids[0])
    changes = (
        ("title", _title(staff, buyer, trade)),
        ("stock", _stock(erp, buyer, trade)),
        ("price", _price(erp, buyer, trade)),
        ("visibility rule", await _rule(staff, buyer, trade)),
    )
    return [line for what, change in changes for line in await _measured(what, change)]


Change = Callable[[int], Awaitable[float]]


async def _measured(what: str, change: Change) -> list[Line]:
    taken = sorted([await change(number) * 1000 for number in range(_ROUNDS)])
    note = f"{_ROUNDS} changes, from the answer to the change to the first read that shows it"
    return [
        Line(f"{what}: commit → visible, p50", percentile(taken, 50), "ms", note=note),
        Line(f"{what}: commit → visible, p99", percentile(taken, 99), "ms"),
    ]


async def _until(shows: Callable[[], Awaitable[bool]]) -> float:
    """Seconds until the reads of a channel show it; asked again at once, 30 s at most."""
    began = time.perf_counter()
    while not await shows():
        if time.perf_counter() - began > 30:
            raise TimeoutError("a change did not become visible within 30 s")
        await asyncio.sleep(0.002)
    return time.perf_counter() - began


async def _page(buyer: Caller, category_id: str, include: str = "") -> list[dict[str, Any]]:
    page = await buyer.get("/v1/products", category_id=category_id, limit=24, include=include)
    items: list[dict[str, Any]] = page["items"]
    return items


def _title(staff: Caller, buyer: Caller, trade: Trade) -> Change:
    # The first product of a category is on its first page.
    product_id, category_id = trade.product_ids[1], trade.category_ids[1]

    async def change(number: int) -> float:
        title = f"Renamed {number} {time.time_ns()}"
        await staff.change(f"/admin/v1/products/{product_id}", {"texts": {"en": {"title": title}}})

        async def shows() -> bool:
            return any(item["title"] == title for item in await _page(buyer, category_id))

        return await _until(shows)

    return change


def _stock(erp: Caller, buyer: Caller, trade: Trade) -> Change:
    product_id, category_id = trade.product_ids[2], trade.category_ids[2]

    async def change(number: int) -> float:
        row = {"product": "B-00002", "location": "main", "quantity": str(1000 + number)}
        await erp.post("/integration/v1/stock", {"items": [row]})

        async def shows() -> bool:
            items = await _page(buyer, category_id, "availability")
            found = next(item for item in items if item["id"] == product_id)
            return bool(found["availability"]["quantity"] == row["quantity"])

        return await _until(shows)

    return change


def _price(erp: Caller, buyer: Caller, trade: Trade) -> Change:
    product_id, category_id = trade.product_ids[3], trade.category_ids[3]

    async def change(number: int) -> float:
        row = {
            "applies_to": {"type": "account", "external_id": "C0000"},
            "target": {"type": "product", "external_id": "B-00003"},
            "kind": "net",
            "unit": "ST",
            "currency": "EUR",
            "min_quantity": "0",
            "value": f"{7 + number}.25",
        }
        await erp.post("/integration/v1/prices", {"items": [row]})

        async def shows() -> bool:
            items = await _page(buyer, category_id, "prices")
            found = next(item for item in items if item["id"] == product_id)
            return bool(found["price"].get("net_price") == row["value"])

        return await _until(shows)

    return change


async def _rule(staff: Caller, buyer: Caller, trade: Trade) -> Change:
    product_id, category_id = trade.product_ids[4], trade.category_ids[4]
    account_id = trade.account_ids[0]
    targets = [{"target": "product", "id": product_id}]
    rule = {"effect": "hide", "owner_kind": "account", "owner_id": account_id, "targets": targets}
    made: list[str] = []

    async def change(number: int) -> float:
        if made:
            path = f"/admin/v1/visibility-rules/{made.pop()}"
            found = await staff.send("GET", path)
            await staff.call("DELETE", path, headers={"If-Match": found.headers["ETag"]})
        else:
            made.append((await staff.post("/admin/v1/visibility-rules", rule))["id"])
        hidden = bool(made)

        async def shows() -> bool:
            try:
                items = await _page(buyer, category_id)
            except Refused as refused:
                if refused.status != 503:
                    raise
                return False
            return all(item["id"] != product_id for item in items) == hidden

        return await _until(shows)

    return change
