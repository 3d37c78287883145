"""Reading as a channel reads: a list page with own prices and facets, one product, a search."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from tests.load import assortment, loading
from tests.load.generator import Outcome, Plan
from tests.load.platform import Bench
from tests.load.results import Line

_EXPECTED: Final = 0.3
# Long enough for every account to have been seen and every page to have been asked for once.
_WARM_UP: Final = 20.0
_TERMS: Final = tuple(f"{material} {kind}" for material in assortment.MATERIALS for kind in assortment.KINDS)


async def list_page(bench: Bench) -> Sequence[Line]:
    """24 products of a category at random, for an account at random, with prices and facets."""
    trade = await bench.trade()
    query = {"include": "prices,facets", "limit": "24"}
    paths = [f"/v1/products?{urlencode({'category_id': found, **query})}" for found in trade.category_ids]
    bare, plain = await _bare_lists(bench)
    ours = await _as_buyer(bench, paths)
    note = f"p50 {ours.p50:.0f} ms, p99 {ours.p99:.0f} ms at 32 connections; bare p50 {bare.p50:.0f} ms"
    return [
        Line("list page of 24, prices, facets", ours.rate, "pages/s", bare.rate, _EXPECTED, note=note),
        Line("… beside a bare page without facets", ours.rate, "pages/s", plain.rate, note="the same ours"),
    ]


async def product(bench: Bench) -> Sequence[Line]:
    """One product at random with attributes, media, relations and its price."""
    trade = await bench.trade()
    port = await bench.reference()
    theirs = [
        f"/products/{number}?account={number % assortment.ACCOUNTS}" for number in range(assortment.PRODUCTS)
    ]
    bare = await bench.load(Plan(port, theirs))
    include = "?include=prices,media,relations,availability"
    # The brand that one customer group may not see is left out: a refusal is no product page.
    shown = [found for place, found in enumerate(trade.product_ids) if place % assortment.BRANDS]
    ours = await _as_buyer(bench, [f"/v1/products/{found}{include}" for found in shown])
    return [Line("product detail", ours.rate, "pages/s", bare.rate, note=_note(ours, bare))]


async def search(bench: Bench) -> Sequence[Line]:
    """24 hits of two words, the best first, with prices."""
    await bench.trade()
    port = await bench.reference()
    theirs = [
        f"/search?{urlencode({'account': place % assortment.ACCOUNTS, 'q': term})}"
        for place, term in enumerate(_TERMS)
    ]
    bare = await bench.load(Plan(port, theirs))
    ours = await _as_buyer(
        bench,
        [f"/v1/products?{urlencode({'q': term, 'include': 'prices', 'limit': '24'})}" for term in _TERMS],
    )
    return [Line("search, 24 hits with prices", ours.rate, "pages/s", bare.rate, note=_note(ours, bare))]


async def _bare_lists(bench: Bench) -> tuple[Outcome, Outcome]:
    port = await bench.reference()
    pairs = [
        f"/products?account={account}&category={category}"
        for account in range(assortment.ACCOUNTS)
        for category in range(assortment.CATEGORIES)
    ]
    return (
        await bench.load(Plan(port, pairs)),
        await bench.load(Plan(port, [f"{path}&facets=false" for path in pairs])),
    )


async def _as_buyer(bench: Bench, paths: list[str]) -> Outcome:
    """The gateway asked by every account's buyer."""
    found = await loading.tokens(bench.system, await bench.trade())
    headers = [{"Authorization": f"Bearer {token}"} for token in found]
    return await bench.load(
        Plan(bench.system.stack.by_name["gateway"].port, paths, headers, warm_up=_WARM_UP)
    )


def _note(ours: Outcome, bare: Outcome) -> str:
    return f"p50 {ours.p50:.0f} ms, p99 {ours.p99:.0f} ms; bare p50 {bare.p50:.0f} ms"
