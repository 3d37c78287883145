"""The life of runs: held and released, superseded, cut off, killed, resumed, in constant memory."""

import asyncio
import gzip
import sys
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from starlette.requests import ClientDisconnect

from chassis.database import Database
from feeds.housekeeping import Housekeeping
from feeds.lease import LEASE
from feeds.merge import Merge
from feeds.receiver import Receiver, Upload
from feeds.runner import LANES, FeedWorker
from feeds.runs import Lane, Mode, Run, RunNotHeld
from libs.feeds.tests.support.fed import Shop, assortment, ndjson
from testkit.clock import FrozenClock


async def held(shop: Shop, **options: Any) -> str:
    """A held full run that would discontinue 40 of 100."""
    await shop.imported(assortment(100))
    run = await shop.imported(assortment(60), mode=Mode.FULL, **options)
    assert ("held", "discontinues_too_much") == (run.state, (run.reason or {})["code"])
    return run.id


async def test_the_first_run_is_never_held_and_a_small_assortment_neither(shop: Shop) -> None:
    await shop.write([{"external_id": f"X{n}", "name": "x"} for n in range(100)])
    assert "done" == (await shop.imported(assortment(10), mode=Mode.FULL)).state
    assert "done" == (await shop.imported(assortment(2), mode=Mode.FULL)).state


async def test_repricing_too_much_holds_a_run(shop: Shop) -> None:
    await shop.imported(assortment(100))
    run = await shop.imported(assortment(26, price="2.00"))
    assert ("held", "reprices_too_much", 26) == (
        run.state,
        (run.reason or {})["code"],
        (run.reason or {})["repriced"],
    )
    assert "done" == (await shop.imported(assortment(25, price="2.00"))).state


async def test_a_held_run_touches_nothing_until_released(shop: Shop) -> None:
    run_id = await held(shop)
    assert 100 == sum(row[2] == "active" for row in (await shop.products()).values())
    await shop.feeds.release(run_id, "products", by="admin")
    await shop.drain()
    run = await shop.run(run_id)
    assert ("done", 40) == (run.state, run.counts["discontinued"])
    assert 60 == sum(row[2] == "active" for row in (await shop.products()).values())
    with pytest.raises(RunNotHeld):
        await shop.feeds.cancel(run_id, "products", by="admin")


async def test_a_released_run_leaves_what_came_after_it_alone(shop: Shop) -> None:
    run_id = await held(shop)
    assert ["unchanged"] == await shop.write([{"external_id": "P000099", "name": "Product 99"}])
    assert ["updated"] == await shop.write([{"external_id": "P000001", "name": "newer"}])
    await shop.feeds.release(run_id, "products", by="admin")
    await shop.drain()
    products = await shop.products()
    assert ("active", "newer") == (products["P000099"][2], products["P000001"][0])
    run = await shop.run(run_id)
    assert (1, 39) == (run.counts["skipped_newer"], run.counts["discontinued"])


async def test_a_held_run_blocks_nobody_and_a_newer_full_run_supersedes_it(shop: Shop) -> None:
    run_id = await held(shop)
    assert "done" == (await shop.imported(assortment(5, note="x"))).state
    assert "held" == (await shop.run(run_id)).state
    assert "done" == (await shop.imported(assortment(100), mode=Mode.FULL)).state
    assert "superseded" == (await shop.run(run_id)).state


def keeper(shop: Shop) -> Housekeeping:
    """The housekeeping of a worker."""
    return Housekeeping(
        shop.database, FrozenClock(), shop.feeds.runs, shop.feeds.by_resource, shop.heard.run_changed
    )


async def test_after_a_run_that_wrote_much_statements_are_planned_for_what_is_there(shop: Shop) -> None:
    async def believed(table: str) -> float:
        async with shop.database.read() as reader:
            found: float = await reader.scalar(
                text("SELECT reltuples FROM pg_class WHERE oid = CAST(:table AS regclass)"), {"table": table}
            )
        return found

    await shop.imported(assortment(20))
    await keeper(shop).clean_up()
    assert -1 == await believed("product")  # never looked at
    await shop.imported(assortment(3000))
    await keeper(shop).clean_up()
    assert (3000, 0) == (await believed("product"), await believed("price_row"))


async def test_a_cancelled_run_is_never_applied_and_its_staging_goes(shop: Shop, database: Database) -> None:
    run_id = await held(shop)
    await shop.feeds.cancel(run_id, "products", by="admin")
    await shop.drain()
    assert 100 == sum(row[2] == "active" for row in (await shop.products()).values())
    await keeper(shop).clean_up()
    async with database.read() as reader:
        assert 0 == await reader.scalar(text("SELECT count(*) FROM import_staging"))


async def test_a_cut_off_upload_fails_and_nothing_of_it_is_applied(shop: Shop) -> None:
    async def cut() -> AsyncIterator[bytes]:
        yield assortment(9000)
        raise ClientDisconnect

    with pytest.raises(ClientDisconnect):
        await shop.feeds.receiver.receive(
            shop.feeds.by_resource["products"], Upload(client="c1", source="erp", mode=Mode.FULL), cut()
        )
    packed = gzip.compress(assortment(9000))
    incomplete = await shop.receive(packed[: len(packed) // 2], gzip=True)
    assert ("failed", "body_incomplete") == (incomplete.state, (incomplete.reason or {})["code"])
    await shop.drain()
    assert {} == await shop.products()
    assert ["receiving", "failed", "receiving", "failed"] == [state for _, state in shop.heard.states]


async def test_an_upload_whose_process_died_is_given_up(shop: Shop, database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute(
            text(
                'INSERT INTO import_run (id, received, resource, client, source, mode, "full", state,'
                " created_at, lease_owner, lease_until) VALUES"
                " ('r', 1, 'products', 'c1', 'erp', 'delta', false, 'receiving', now(), 'r', now())"
            )
        )
    async with database.read() as reader:
        now = await reader.scalar(text("SELECT now()"))
    await keeper(shop).fail_cut_off(now + LEASE + timedelta(seconds=1))
    assert ("failed", "body_incomplete") == (
        (await shop.run("r")).state,
        ((await shop.run("r")).reason or {})["code"],
    )


async def test_a_killed_worker_is_taken_over_exactly_where_its_chunks_ended(
    shop: Shop, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.imported(assortment(100))
    run = await shop.receive(assortment(9000, note="x"))
    real, calls = Merge.apply_staged, 0

    async def dies(self: Merge, *args: Any) -> Any:
        nonlocal calls
        calls += 1
        too_late = calls > 2
        outcome = await real(self, *args)
        if too_late:
            raise asyncio.CancelledError
        return outcome

    monkeypatch.setattr(Merge, "apply_staged", dies)
    worker = shop.feeds.worker()
    with pytest.raises(asyncio.CancelledError):
        await worker.step()
    monkeypatch.undo()
    assert 4000 == (await shop.run(run.id)).counts["created"] + (await shop.run(run.id)).counts["updated"]
    assert not await shop.feeds.worker().step()
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE import_run SET lease_until = now() - interval '1 second'"))
    await shop.drain()
    ended = await shop.run(run.id)
    assert ("done", 8900, 100) == (ended.state, ended.counts["created"], ended.counts["updated"])
    assert 9000 == len(await shop.results(ended))
    assert 9000 == len(await shop.products())


async def test_the_rows_of_a_large_run_are_merged_in_lanes_side_by_side(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, together = Merge.apply_staged, asyncio.Barrier(LANES)

    async def meets(self: Merge, *args: Any) -> Any:
        outcome = await real(self, *args)
        await together.wait()
        return outcome

    run = await shop.receive(assortment(9000))
    monkeypatch.setattr(Merge, "apply_staged", meets)
    async with asyncio.timeout(60):
        await shop.drain()
    ended = await shop.run(run.id)
    assert ("done", 9000) == (ended.state, ended.counts["created"])
    assert list(range(1, 9001)) == [line for line, _, _ in await shop.results(ended)]


@pytest.mark.parametrize("keys", [1, 2, 3, 7])
async def test_lines_of_one_key_stay_in_one_lane(shop: Shop, keys: int) -> None:
    rows = [{"external_id": f"K{number * keys // 6000}", "name": str(number)} for number in range(6000)]
    run = await shop.imported(ndjson(rows))
    assert ("done", keys, 6000 - keys) == (run.state, run.counts["created"], run.counts["unchanged"])
    assert 6000 == len(await shop.results(run))
    last = {row["external_id"]: row["name"] for row in rows}
    assert last == {key: row[0] for key, row in (await shop.products()).items()}


async def test_a_lane_that_fails_takes_nothing_from_the_other(
    shop: Shop, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Merge.apply_staged

    async def fails(self: Merge, tx: Any, origin: Any, lane: Lane) -> Any:
        if not lane.key:
            raise RuntimeError("the first half is poisoned")
        return await real(self, tx, origin, lane)

    run = await shop.receive(assortment(9000))
    with monkeypatch.context() as patch:
        patch.setattr(Merge, "apply_staged", fails)
        with pytest.raises(RuntimeError):
            await shop.feeds.worker().step()
    assert ("applying", 4500) == ((half := await shop.run(run.id)).state, half.counts["created"])
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE import_run SET lease_until = now() - interval '1 second'"))
    await shop.drain()
    ended = await shop.run(run.id)
    assert ("done", 9000) == (ended.state, ended.counts["created"])
    assert 9000 == len(await shop.results(ended))


async def test_kill_9_in_the_middle_of_applying_loses_and_doubles_nothing(
    shop: Shop, database: Database, url: str
) -> None:
    run = await shop.receive(assortment(30_000))
    kills = 0
    for _ in range(3):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "libs.feeds.tests.support.worker_process", url
        )
        before = (await shop.run(run.id)).counts["created"]
        async with asyncio.timeout(60):
            while (await shop.run(run.id)).counts["created"] == before:  # noqa: ASYNC110 - another process works
                await asyncio.sleep(0.005)
        process.kill()
        await process.wait()
        kills += (await shop.run(run.id)).state == "applying"
        async with database.transaction() as tx:
            await tx.execute(text("UPDATE import_run SET lease_until = now() - interval '1 second'"))
    assert 3 == kills, "a kill came too late to prove anything"
    # PostgreSQL ends the statement of a process that died before it lets go of the run.
    async with asyncio.timeout(60):
        while (ended := await shop.run(run.id)).state == "applying":
            await shop.drain()
            await asyncio.sleep(0.05)
    assert ("done", 30_000, 0) == (ended.state, ended.counts["created"], ended.counts["updated"])
    assert list(range(1, 30_001)) == [line for line, _, _ in await shop.results(ended)]
    assert 30_000 == len(await shop.products())


async def test_runs_of_one_client_apply_in_order_of_arrival_by_one_worker_each(shop: Shop) -> None:
    for number in range(6):
        await shop.receive(ndjson([{"external_id": "A", "name": str(number)}]))
    stop = asyncio.Event()
    workers = [asyncio.create_task(shop.feeds.worker().run(stop)) for _ in range(3)]
    async with asyncio.timeout(30):
        while sum(state == "done" for _, state in shop.heard.states) < 6:  # noqa: ASYNC110 - other tasks work
            await asyncio.sleep(0.02)
    stop.set()
    await asyncio.gather(*workers)
    done = [run_id for run_id, state in shop.heard.states if state == "done"]
    staged = [run_id for run_id, state in shop.heard.states if state == "staged"]
    assert staged == done
    assert "5" == (await shop.products())["A"][0]


async def test_a_worker_survives_what_it_cannot_do(shop: Shop, database: Database) -> None:
    run = await shop.receive(assortment(10))
    async with database.transaction() as tx:
        await tx.execute(text("ALTER TABLE product RENAME TO hidden"))
    stop = asyncio.Event()
    worker: FeedWorker = shop.feeds.worker()
    task = asyncio.create_task(worker.run(stop))
    async with asyncio.timeout(30):
        while not worker.failures:  # noqa: ASYNC110 - a counter, as operators see it
            await asyncio.sleep(0.02)
    async with database.transaction() as tx:
        await tx.execute(text("ALTER TABLE hidden RENAME TO product"))
        await tx.execute(text("UPDATE import_run SET lease_until = now() - interval '1 second'"))
    async with asyncio.timeout(30):
        while (await shop.run(run.id)).state != "done":  # noqa: ASYNC110 - the state is in the database
            await asyncio.sleep(0.05)
    stop.set()
    await task


async def test_an_import_needs_no_more_memory_for_more_rows(shop: Shop) -> None:
    def rows(count: int) -> Iterator[bytes]:
        for start in range(0, count, 500):
            yield ndjson(
                {"external_id": f"P{n:07d}", "name": f"Product {n}"} for n in range(start, start + 500)
            )

    async def peak(count: int) -> int:
        tracemalloc.start()
        run = await shop.imported(rows(count))
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert ("done", count) == (run.state, run.counts["lines"])
        return highest

    shop.heard.listening = False
    small, large = await peak(20_000), await peak(120_000)
    assert large < small * 1.5, f"{small} bytes for 20,000 rows, {large} for 120,000"


async def test_an_upload_needs_no_more_memory_for_larger_rows(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rows(count: int) -> Iterator[bytes]:
        for number in range(count):
            yield ndjson([{"external_id": f"P{number:07d}", "name": "x", "note": "large" * 40}] * 2)

    async def most_staged(count: int) -> int:
        most, write = 0, Receiver._write

        async def written(receiver: Receiver, run: Run, block: Any) -> None:
            nonlocal most
            most = max(most, block.characters)
            await write(receiver, run, block)

        monkeypatch.setattr(Receiver, "_write", written)
        await shop.receive(rows(count))
        monkeypatch.undo()
        return most

    whole = await most_staged(1_000)
    monkeypatch.setattr("feeds.receiver.BLOCK_CHARACTERS", 10_000)
    assert await most_staged(1_000) < 11_000 < whole
