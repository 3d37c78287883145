"""Nobody gets a byte of somebody else: every answer is searched for the other's canaries."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import httpx

from local_stack.client import Caller
from tests.isolation.two_customers import PREFIX, Customer, Trade
from tests.support.contract import OPERATIONS, UNKNOWN_ID, Operation
from tests.support.examples import Examples

CHANNEL: Final = [each for each in OPERATIONS if each.surface == "channel" and not each.public]
# They end or exchange the token in use, and answer with nothing or with a token.
_LEFT_OUT: Final = frozenset({"log_out", "switch_account"})
_ALL_PARTS: Final = "prices,availability,facets,total,variants,relations,media"
_PARTS: Final = {
    "list_products": "prices,availability,facets,total",
    "get_product": "prices,availability,variants,relations,media",
    "list_product_relations": "prices,availability",
}


@dataclass(frozen=True)
class Call:
    """One request, and everything in it that an answer may repeat."""

    operation: Operation
    target: str
    headers: dict[str, str]
    content: bytes | None

    @property
    def sent(self) -> str:
        """All of it as text."""
        return f"{self.target} {self.headers} {(self.content or b'').decode()}"


class Finding(NamedTuple):
    """An answer that is wrong; `seen` is empty where the call failed."""

    answer: str
    seen: set[str]


def _calls(looker: Customer, owner: Customer, trade: Trade) -> Iterator[Call]:
    """Every operation with the looker's own ids, and with each id of the owner's; every list searched."""
    shared = {"target_id": trade.shared_ids["S"], "text:channel": trade.code, "text:unit": "ST"}
    mine = {**shared, **looker.ids, "user_id": looker.ids["sees_user_id"]}
    theirs = {**shared, **owner.ids, "user_id": owner.ids["sees_user_id"]}
    for operation in CHANNEL:
        if operation.id in _LEFT_OUT:
            continue
        for ids in (mine, theirs, {**mine, "product_id": trade.shared_ids["S"]}):
            if ids is not theirs and operation.method == "DELETE":
                continue
            request, _ = Examples(ids, mark=looker.word).of(operation)
            for query in _queries(operation, looker, owner, trade):
                target = (
                    f"{request.path}?{urlencode({**request.query, **query})}" if query else request.target
                )
                yield Call(operation, target, request.headers, request.content)
    yield from _by_code(owner, trade)


def _queries(
    operation: Operation, looker: Customer, owner: Customer, trade: Trade
) -> Iterator[dict[str, str]]:
    yield {}
    taken = operation.taken("query")
    parts = {"include": _PARTS[operation.id]} if operation.id in _PARTS else {}
    if parts:
        yield parts
    for q in (
        (PREFIX, PREFIX[:4], f"own-{PREFIX}", "Article", trade.code, looker.word) if "q" in taken else ()
    ):
        yield {"q": q, **parts}
    tried = {"category_id": owner.ids["category_id"], "id": owner.ids["product_id"]}
    tried |= {"attribute": f"{trade.code}:{owner.word}", "ship_to_id": owner.ids["ship_to_id"]}
    for name, value in tried.items():
        if name in taken:
            yield {name: value, **parts}


def _by_code(owner: Customer, trade: Trade) -> Iterator[Call]:
    """Codes are not found by their beginning, so the whole ones are asked for."""
    operation = next(each for each in CHANNEL if each.id == "resolve_products")
    codes = (f"own-{owner.word}", f"{trade.code}-{owner.word}", f"{trade.code}-S")
    for code in codes:
        body = f'{{"items": [{{"code": "{code}", "quantity": "1"}}]}}'.encode()
        yield Call(operation, operation.path, {"Content-Type": "application/json"}, body)


async def _ask(caller: Caller, call: Call) -> httpx.Response:
    return await caller.send(call.operation.method, call.target, headers=call.headers, content=call.content)


def _bytes(answer: httpx.Response) -> str:
    return f"{answer.headers} {answer.content.decode('utf-8', 'replace')}"


async def leaks(trade: Trade) -> AsyncIterator[Finding]:
    """Every answer that holds something of the other's which was not in the question."""
    for looker, owner in trade.pairs():
        for call in _calls(looker, owner, trade):
            answer = await _ask(looker.caller, call)
            shown = _bytes(answer)
            seen = {each for each in owner.canaries if each in shown and each not in call.sent}
            if seen or answer.status_code >= 500:
                yield Finding(f"{call.operation.method} {call.target} -> {answer.status_code}", seen)


async def test_no_answer_holds_a_byte_of_somebody_elses(trade: Trade) -> None:
    assert [] == [found async for found in leaks(trade)]


async def test_their_owners_do_see_the_canaries(trade: Trade) -> None:
    """Else the test above would prove nothing."""
    for owner, other in trade.pairs():
        shown = ""
        for call in _calls(owner, other, trade):
            answer = await _ask(owner.caller, call)
            shown += _bytes(answer).replace(call.sent, "")
        unseen = {name for name, value in owner.ids.items() if value not in shown}
        assert set() == unseen - {"catalogue_id"}
        assert set() == {each for each in (owner.word, *owner.amounts) if each not in shown}


async def test_what_is_counted_is_what_is_seen(trade: Trade) -> None:
    for customer, other in trade.pairs():
        page = await customer.caller.get("/v1/products", include="facets,total", limit=200)
        assert page["total"] == len(page["items"])
        facets = {facet["code"]: facet["values"] for facet in page["facets"]}
        for value in facets[trade.code]:
            chosen = await customer.caller.get(
                "/v1/products", attribute=f"{trade.code}:{value['value']}", include="total"
            )
            assert chosen["total"] == value["count"]
        assert [customer.word] == [value["value"] for value in facets[trade.code]]
        nothing = await customer.caller.get(
            "/v1/products", attribute=f"{trade.code}:{other.word}", include="facets,total"
        )
        assert (0, []) == (nothing["total"], nothing["items"])


async def test_a_cursor_is_of_no_use_to_somebody_else(trade: Trade) -> None:
    for owner, looker in trade.pairs():
        for path in ("/v1/products", "/v1/orders", "/v1/carts", "/v1/users"):
            cursor = await _cursor(owner, path)
            if cursor is None:
                continue
            answer = await looker.caller.send("GET", path, params={"limit": 1, "cursor": cursor})
            # Where the list is bound to its owner by the token alone, it goes on in the looker's own list.
            assert answer.status_code in (200, 400)
            assert set() == {each for each in owner.canaries if each in _bytes(answer)}
        cursor = await _cursor(owner, "/v1/products")
        answer = await looker.caller.send("GET", "/v1/products", params={"limit": 1, "cursor": cursor})
        assert (400, "cursor_invalid") == (answer.status_code, answer.json()["code"])


async def _cursor(owner: Customer, path: str) -> Any:
    return (await owner.caller.get(path, limit=1))["next_cursor"]


async def test_no_etag_is_the_same_for_both(trade: Trade) -> None:
    path = f"/v1/products/{trade.shared_ids['S']}"
    both = [
        await customer.caller.send("GET", path, params={"include": "prices"}) for customer, _ in trade.pairs()
    ]
    assert {200} == {answer.status_code for answer in both}
    tags = [answer.headers.get("ETag") for answer in both]
    assert tags == [None, None] or tags[0] != tags[1]
    assert {"no-store"} == {answer.headers["Cache-Control"] for answer in both}


_AMOUNT: Final = re.compile(r'"(amount|net_price|gross_price|line_amount)":\s*"[0-9.]+"')


async def blind_spots(trade: Trade) -> AsyncIterator[Finding]:
    """Every answer to somebody without prices that holds an amount."""
    for customer, other in trade.pairs():
        for call in [*_calls(customer, other, trade), *_wrong_prices(customer, trade)]:
            answer = await _ask(customer.without_prices, call)
            shown = _bytes(answer)
            amounts = customer.amounts | other.amounts
            seen = {each for each in amounts if each in shown and each not in call.sent}
            seen |= {found[0] for found in _AMOUNT.finditer(shown)}
            if seen or answer.status_code >= 500:
                yield Finding(f"{call.operation.method} {call.target} -> {answer.status_code}", seen)


def _wrong_prices(customer: Customer, trade: Trade) -> Iterator[Call]:
    """Orders that fail because of a price, so that the error would like to say it."""
    operation = next(each for each in CHANNEL if each.id == "place_order")
    for product in (trade.shared_ids["S"], customer.ids["product_id"], UNKNOWN_ID):
        line = f'{{"product_id": "{product}", "quantity": "1", "expected_net_price": "1.00"}}'
        headers = {"Content-Type": "application/json", "Idempotency-Key": f"wrong-{product}"}
        yield Call(operation, operation.path, headers, f'{{"lines": [{line}]}}'.encode())


async def test_who_may_not_see_prices_gets_no_amount(trade: Trade) -> None:
    assert [] == [found async for found in blind_spots(trade)]
    refused = [await _ask(trade.one.without_prices, call) for call in _wrong_prices(trade.one, trade)]
    assert [409, 409] == [answer.status_code for answer in refused][:2]


async def test_another_erp_sees_nothing_of_this_ones_trade(trade: Trade) -> None:
    canaries = trade.one.canaries | trade.other.canaries
    shown = ""
    for operation in OPERATIONS:
        if operation.surface == "integration" and operation.method == "GET":
            request, _ = Examples(trade.one.ids).of(operation)
            answer = await trade.other_erp.send("GET", request.target)
            assert set() == {
                each for each in canaries if each in _bytes(answer) and each not in request.target
            }
            shown += (await trade.erp.send("GET", request.target)).text
    assert {trade.one.word, trade.other.word} <= {each for each in canaries if each in shown}
