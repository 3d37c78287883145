"""Ordering: 15 lines placed under a key, against one bare statement that stores a priced order."""

import json
import random
from collections.abc import Sequence
from typing import Final

from tests.load import assortment, loading
from tests.load.generator import Plan
from tests.load.platform import Bench
from tests.load.results import Line

_LINES: Final = 15
_BODIES: Final = 500
_CONNECTIONS: Final = 16


async def order(bench: Bench) -> Sequence[Line]:
    """Orders of 15 lines, placed by every account's buyer."""
    trade = await bench.trade()
    port, pick = await bench.reference(), random.Random(13)
    chosen = [pick.sample(range(assortment.PRODUCTS), _LINES) for _ in range(_BODIES)]
    accounts = [f"/orders?account={account}" for account in range(assortment.ACCOUNTS)]
    bodies = [json.dumps({"products": numbers}) for numbers in chosen]
    bare = await bench.load(_plan(port, accounts, [{}], bodies))
    # The brand that one customer group may not see cannot be ordered by it.
    seen = [found for place, found in enumerate(trade.product_ids) if place % assortment.BRANDS]
    bodies = [
        json.dumps({"lines": [{"product_id": found, "quantity": "3"} for found in pick.sample(seen, _LINES)]})
        for _ in range(_BODIES)
    ]
    tokens = await loading.tokens(bench.system, trade)
    headers = [{"Authorization": f"Bearer {token}"} for token in tokens]
    gateway = bench.system.stack.by_name["gateway"].port
    ours = await bench.load(_plan(gateway, ["/v1/orders"], headers, bodies), expected=201)
    note = f"p50 {ours.p50:.0f} ms, p99 {ours.p99:.0f} ms at {_CONNECTIONS} connections"
    return [Line("order of 15 lines", ours.rate, "orders/s", bare.rate, note=note)]


def _plan(port: int, paths: list[str], headers: list[dict[str, str]], bodies: list[str]) -> Plan:
    return Plan(port, paths, headers, bodies, method="POST", keyed=True, connections=_CONNECTIONS)
