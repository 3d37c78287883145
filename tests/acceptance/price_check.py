"""The price of every sale line, asked for its own time and compared with what was really paid."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from local_stack.client import Caller, Refused, until
from local_stack.quickstart import CURRENCY, UNIT, CustomerPrice
from tests.acceptance.trade import Entry, PriceList, Trade

_AT_ONCE: Final = 8
_MOST_ITEMS: Final = 1000  # of one call
_PATIENCE: Final = 120.0


@dataclass(frozen=True, slots=True)
class Sale:
    """What one customer bought at one moment: one question."""

    customer: str
    moment: datetime
    lines: tuple[Entry, ...]


@dataclass
class PriceCheck:
    """What came of it. `exceptions` and `free` are named lines, `differences` what nothing explains."""

    lines_in_all: int
    lines: int = 0
    calls: int = 0
    seconds: float = 0.0
    exceptions: list[str] = field(default_factory=list)
    free: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)


class Rule:
    """The source's own rule for a customer's price: valid on the day, highest minimum reached."""

    def __init__(self, trade: Trade) -> None:
        self._prices: dict[tuple[str, str], list[CustomerPrice]] = defaultdict(list)
        for price in trade.product_prices:
            self._prices[price.customer, price.sku].append(price)

    def price(self, customer: str, line: Entry) -> Decimal | None:
        """What the price list says about a line, None for nothing."""
        day = line.moment.date()
        valid = [price for price in self._prices[customer, line.sku] if price.valid_on(day)]
        rung = PriceList(valid).rung(customer, line.sku, line.quantity)
        return None if rung is None else rung.price


def sales_of(trade: Trade) -> list[Sale]:
    """Every product line that a known customer bought, by customer and moment."""
    lines: dict[tuple[str, datetime], list[Entry]] = defaultdict(list)
    for document in trade.documents:
        if document.is_playable:
            for line in document.lines:
                lines[document.customer, line.moment].append(line)
    return [
        Sale(customer, moment, tuple(found[start : start + _MOST_ITEMS]))
        for (customer, moment), found in lines.items()
        for start in range(0, len(found), _MOST_ITEMS)
    ]


def sample(trade: Trade, sales: Sequence[Sale], lines: int, seed: int) -> list[Sale]:
    """Sales of about so many lines, drawn by a seed; those with something odd are always among them."""
    odd = {sale for sale in sales if any(_is_odd(trade, line) for line in sale.lines)}
    taken = [sale for sale in sales if sale in odd]
    plain = [sale for sale in sales if sale not in odd]
    random.Random(seed).shuffle(plain)
    count = lines_of(taken)
    for sale in plain:
        if count >= lines:
            break
        taken.append(sale)
        count += len(sale.lines)
    return taken


def _is_odd(trade: Trade, line: Entry) -> bool:
    decimals = line.price.as_tuple().exponent
    return line.price == 0 or line.place in trade.exceptions or (isinstance(decimals, int) and decimals < -2)


async def check_prices(
    erp: Caller, trade: Trade, zone: ZoneInfo, sales: Sequence[Sale], lines_in_all: int
) -> PriceCheck:
    """Asks for each sale at its own time."""
    check = PriceCheck(lines_in_all)
    rule = Rule(trade)
    gate = asyncio.Semaphore(_AT_ONCE)
    started = time.perf_counter()

    async def ask(sale: Sale) -> None:
        async with gate:
            prices = await _prices(erp, sale, zone)
        check.calls += 1
        for line, price in zip(sale.lines, prices, strict=True):
            _judge(check, trade, rule, sale.customer, line, price)

    await asyncio.gather(*(ask(sale) for sale in sales))
    check.seconds = time.perf_counter() - started
    return check


async def _prices(erp: Caller, sale: Sale, zone: ZoneInfo) -> list[dict[str, Any]]:
    at = sale.moment.replace(tzinfo=zone).astimezone(UTC).isoformat()
    items = [{"external_id": line.sku, "unit": UNIT, "quantity": str(line.quantity)} for line in sale.lines]
    body = {"account_external_id": sale.customer, "at": at, "items": items}

    async def answered() -> list[dict[str, Any]] | None:
        try:
            answer = await erp.post("/integration/v1/prices/resolve", body)
        except Refused as refused:
            # pricing hears of an account by its event, a moment after it was fed.
            if refused.code != "account_not_found":
                raise
            return None
        return [item["price"] for item in answer["items"]]

    found: list[dict[str, Any]] = await until(
        answered, seconds=_PATIENCE, what=f"pricing to know customer {sale.customer}"
    )
    return found


def _judge(
    check: PriceCheck, trade: Trade, rule: Rule, customer: str, line: Entry, price: dict[str, Any]
) -> None:
    check.lines += 1
    answered = None if price["net_price"] is None else Decimal(price["net_price"])
    name = f"{line.place[0]}/{line.place[1]} {line.sku} {line.quantity} × {line.price}"
    named = line.price == 0 or line.place in trade.exceptions
    expected = rule.price(customer, line) if named else line.price
    if answered != expected or (answered is not None and not _is_per_piece(price)):
        wanted = "no price" if expected is None else expected
        check.differences.append(f"customer {customer}, {name}: {wanted} expected, got {price}")
    elif named:
        listed = "no price listed" if answered is None else f"{answered} listed"
        (check.free if line.price == 0 else check.exceptions).append(f"{name} ({listed})")


def _is_per_piece(price: dict[str, Any]) -> bool:
    said = (price["unit"], price["currency"], Decimal(price["base_quantity"]))
    return said == (UNIT, CURRENCY, Decimal(1))


def lines_of(sales: Sequence[Sale]) -> int:
    """How many lines these sales have."""
    return sum(len(sale.lines) for sale in sales)
