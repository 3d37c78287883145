"""Protections of runs, and what is seen when one is taken out."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import TextClause, select, text
from sqlalchemy.exc import IntegrityError

from chassis.database import Database, Transaction
from feeds.repository import RunRepository, run_of
from feeds.runner import LANES, _Work
from feeds.runs import Lane, Mode, Run
from libs.feeds.tests.support.fed import Shop, assortment, ndjson, tables

ROWS = 6_000


async def stood_still(shop: Shop, database: Database, monkeypatch: pytest.MonkeyPatch) -> tuple[Run, Any]:
    """A worker stands still between chunks until another has done its run; the run, what the first did."""
    run = await shop.receive(assortment(ROWS))
    reached, go = asyncio.Event(), asyncio.Event()
    begun: list[int] = []
    chunk = _Work._chunk

    async def stands_still(work: _Work, current: Run, number: int, *more: Any) -> Lane | None:
        begun.append(number)
        if begun.count(number) == 2:
            if len(begun) == 2 * LANES:
                reached.set()
            await go.wait()
        return await chunk(work, current, number, *more)

    monkeypatch.setattr(_Work, "_chunk", stands_still)
    first = asyncio.create_task(shop.feeds.worker().step())
    async with asyncio.timeout(60):
        await reached.wait()
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE import_run SET lease_until = now() - interval '1 second'"))
    await shop.drain()
    go.set()
    [result] = await asyncio.gather(first, return_exceptions=True)
    return await shop.run(run.id), result


async def test_a_worker_that_stood_still_does_nothing_more(
    shop: Shop, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, result = await stood_still(shop, database, monkeypatch)
    assert result is True
    assert ("done", ROWS) == (run.state, run.counts["created"])
    assert ROWS == len(await shop.results(run))


async def test_without_the_fence_it_begins_again_and_only_the_results_stop_it(
    shop: Shop, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def anybody(_: RunRepository, tx: Transaction, run_id: str, *__: Any, **___: Any) -> Run | None:
        row = await tx.first(select(tables.run).where(tables.run.c.id == run_id).with_for_update())
        return run_of(row) if row else None

    monkeypatch.setattr(RunRepository, "owned", anybody)
    _, result = await stood_still(shop, database, monkeypatch)
    assert isinstance(result, IntegrityError)


async def let_go_late(shop: Shop) -> list[tuple[str, str]]:
    """A held full run is let go after newer rows came, one that it names and one that it leaves out."""
    await shop.imported(assortment(100))
    run = await shop.imported(assortment(60), mode=Mode.FULL)
    assert "held" == run.state
    await shop.imported(ndjson([{"external_id": "P000001", "name": "newer"}]))
    await shop.write([{"external_id": "P000099", "name": "Product 99"}])
    await shop.feeds.release(run.id, "products", by="admin")
    await shop.drain()
    products = await shop.products()
    return [(products[key][0], products[key][2]) for key in ("P000001", "P000099")]


async def test_without_the_receive_sequence_newer_rows_are_lost(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(sql: str) -> TextClause:
        for asked, answer in (("t.received > ", "false"), ("t.received < ", "true")):
            sql = sql.replace(f"{asked}CAST(:received AS bigint)", answer)
        return text(sql)

    monkeypatch.setattr("feeds.statements.text", careless)
    monkeypatch.setattr("feeds.sweep.text", careless)
    assert [("Product 1", "active"), ("Product 99", "discontinued")] == await let_go_late(shop)


async def test_with_it_they_stay(shop: Shop) -> None:
    assert [("newer", "active"), ("Product 99", "active")] == await let_go_late(shop)
