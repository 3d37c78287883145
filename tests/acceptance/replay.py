"""The busiest days, played again: prices first, then the orders of the day, each by its customer's user."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

import httpx

from local_stack.client import Refused, until
from local_stack.erp import price_row
from local_stack.quickstart import UNIT, CustomerPrice
from tests.acceptance.callers import Lasting
from tests.acceptance.feeding import PATIENCE, Wholesaler
from tests.acceptance.manners import Manner, Play, PriceMove, agreed, moved, plays_of
from tests.acceptance.trade import Document, Entry, PriceList

_CUSTOMERS_AT_ONCE: Final = 8
_RESOLVED_AT_ONCE: Final = 200
_CART_LINES_AT_ONCE: Final = 500
_NOTHING: Final = Decimal(0)
Lines = list[dict[str, Any]]


@dataclass
class Replay:
    """What was played. `problems` are answers that were not as they should be, told in words."""

    wholesaler: Wholesaler
    seed: int
    plays: list[Play] = field(default_factory=list)
    receipts: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    manners: Counter[Manner] = field(default_factory=Counter)
    submissions: int = 0
    price_changes_refused: int = 0
    prices_fed: int = 0
    _product_ids: dict[str, str] = field(default_factory=dict)

    async def play_day(self, day: date) -> None:
        """The prices that count on the day, then its orders: customers and their orders side by side."""
        trade = self.wholesaler.trade
        prices = trade.price_list(day)
        with self.wholesaler.timed("import the prices of each day"):
            await self.wholesaler.feed_day(prices)
        self.prices_fed += len(prices.rows)
        by_customer: dict[str, list[Play]] = defaultdict(list)
        for play in plays_of(trade.orders_of(day), prices, self.seed):
            by_customer[play.document.customer].append(play)
            self.plays.append(play)
        gate = asyncio.Semaphore(_CUSTOMERS_AT_ONCE)
        with self.wholesaler.timed("place the orders"):
            await asyncio.gather(
                *(
                    self._play_customer(gate, customer, plays, prices)
                    for customer, plays in by_customer.items()
                )
            )

    async def _play_customer(
        self, gate: asyncio.Semaphore, customer: str, plays: Sequence[Play], prices: PriceList
    ) -> None:
        async with gate:
            user = self.wholesaler.users[customer]
            await self._learn_products(user, plays)
            alone = [play for play in plays if play.manner.changes_prices]
            beside = [play for play in plays if not play.manner.changes_prices]
            await asyncio.gather(*(self._play(user, play, prices) for play in beside))
            for play in alone:
                await self._play(user, play, prices)

    async def _play(self, user: Lasting, play: Play, prices: PriceList) -> None:
        self.manners[play.manner] += 1
        try:
            if play.manner is Manner.LINES:
                await self._order_lines(user, play)
            elif play.manner is Manner.CART:
                await self._order_cart(user, play)
            elif play.manner is Manner.AGREED:
                before, after = agreed(play.document, prices)
                await self._move_prices(before)
                await self._order_lines(user, play)
                await self._move_prices(after)
            else:
                await self._order_after_change(user, play, *moved(play.document, prices, play.manner))
        except Refused as refused:
            self._object(play, str(refused))

    async def _order_lines(self, user: Lasting, play: Play) -> None:
        lines = [
            {**line, "expected_net_price": str(entry.price)}
            for line, entry in zip(self._lines(play.document), play.document.lines, strict=True)
        ]
        await self._submit(user, play, {"lines": lines})

    async def _order_cart(self, user: Lasting, play: Play) -> None:
        cart = await self._fill_cart(user, play)
        shown = cart["total"]["amount"]
        if shown != str(play.document.total) or cart["violations"]:
            self._object(play, f"the cart says {shown}, {cart['violations']}; expected {play.document.total}")
        await self._submit(user, play, {"cart_id": cart["id"], "cart_version": cart["version"]})

    async def _order_after_change(
        self, user: Lasting, play: Play, wrong: PriceMove, right: PriceMove
    ) -> None:
        """A cart is read at one price and ordered at another: refused, then as the user says."""
        await self._move_prices([wrong])
        cart = await self._fill_cart(user, play)
        lines = [
            {**line, "expected_net_price": shown["price"]["net_price"]}
            for line, shown in zip(self._lines(play.document), cart["lines"], strict=True)
        ]
        await self._move_prices([right])
        refused = await self._refused(user, play, {"lines": lines})
        if play.manner is Manner.REORDER:
            for error in refused:
                lines[int(error["pointer"].split("/")[2])]["expected_net_price"] = error["net_price"]
            await self._submit(user, play, {"lines": lines})
        elif play.manner is Manner.ACCEPT:
            await self._refused(user, play, {"lines": lines, "on_price_change": "accept_lower"})
            await self._submit(user, play, {"lines": lines, "on_price_change": "accept"})
        else:
            await self._submit(user, play, {"lines": lines, "on_price_change": "accept_lower"})
        await user.call("DELETE", f"/v1/carts/{cart['id']}")

    async def _refused(self, user: Lasting, play: Play, body: dict[str, Any]) -> list[dict[str, Any]]:
        """What the platform says about the changed prices."""
        answer = await self._post(user, play, body)
        problem = answer.json()
        if answer.status_code != 409 or problem["code"] != "price_changed":
            self._object(play, f"409 price_changed expected, got {answer.status_code} {answer.text[:300]}")
            return []
        self.price_changes_refused += 1
        errors: list[dict[str, Any]] = problem["errors"]
        return errors

    async def _submit(self, user: Lasting, play: Play, body: dict[str, Any]) -> None:
        """Twice under one key, every other one at once: one order, and the same bytes both times."""
        if sum(self.manners.values()) % 2:
            first, second = await asyncio.gather(self._post(user, play, body), self._post(user, play, body))
        else:
            first, second = await self._post(user, play, body), await self._post(user, play, body)
        if first.status_code != 201 or second.status_code != 201 or first.content != second.content:
            said = f"{first.status_code} {first.text[:300]}, then {second.status_code} {second.text[:300]}"
            self._object(play, f"twice 201 with the same bytes expected, got {said}")
        if first.status_code == 201:
            self.receipts[play.document.invoice] = first.json()

    async def _post(self, user: Lasting, play: Play, body: dict[str, Any]) -> httpx.Response:
        self.submissions += 1
        body = {**body, "customer_reference": play.document.invoice}
        return await user.send("POST", "/v1/orders", json=body, headers={"Idempotency-Key": play.key})

    async def _fill_cart(self, user: Lasting, play: Play) -> dict[str, Any]:
        cart: dict[str, Any] = await user.post("/v1/carts", {"name": play.document.invoice})
        lines = [
            {**line, "client_line_id": str(number)}
            for number, line in enumerate(self._lines(play.document), 1)
        ]
        for start in range(0, len(lines), _CART_LINES_AT_ONCE):
            body = {"lines": lines[start : start + _CART_LINES_AT_ONCE], "version": cart["version"]}
            cart = await user.post(f"/v1/carts/{cart['id']}/lines/batch", body)
        return cart

    async def _move_prices(self, moves: Sequence[PriceMove]) -> None:
        items = [_row(move) for move in moves]
        answer = await self.wholesaler.machine.post("/integration/v1/prices", {"items": items})
        if answer["counts"].get("rejected"):
            raise RuntimeError(f"a price change was rejected: {answer}")

    def _lines(self, document: Document) -> Lines:
        return [_line(self._product_ids[entry.sku], entry) for entry in document.lines]

    async def _learn_products(self, user: Lasting, plays: Sequence[Play]) -> None:
        """Each user finds the products by their codes, as a quick order does, letter case and all."""
        codes = sorted({entry.sku for play in plays for entry in play.document.lines})
        for start in range(0, len(codes), _RESOLVED_AT_ONCE):
            chunk = codes[start : start + _RESOLVED_AT_ONCE]
            items = {"items": [{"code": code} for code in chunk]}

            async def found(items: dict[str, Any] = items) -> list[dict[str, Any]] | None:
                answer = await user.post("/v1/products/resolve", items)
                lines: list[dict[str, Any]] = answer["items"]
                # catalog lists products by a worker, a moment after they were fed.
                return None if any(line["status"] == "not_found" for line in lines) else lines

            lines = await until(found, seconds=PATIENCE, what=f"the products of {plays[0].document.invoice}")
            for code, line in zip(chunk, lines, strict=True):
                keys = [product["external_id"] for product in line["products"]]
                if line["status"] != "matched" or keys != [code]:
                    self.problems.append(f"code {code!r} is {line['status']}: {keys}")
                else:
                    self._product_ids[code] = line["products"][0]["id"]

    def _object(self, play: Play, what: str) -> None:
        self.problems.append(f"order {play.document.invoice} ({play.manner}): {what}")


def _line(product_id: str, entry: Entry) -> dict[str, Any]:
    return {"product_id": product_id, "unit": UNIT, "quantity": str(entry.quantity)}


def _row(move: PriceMove) -> dict[str, Any]:
    price = CustomerPrice(move.customer, move.sku, date.min, None, move.min_quantity, move.price or _NOTHING)
    return price_row(price) | ({"deleted": True} if move.price is None else {})
