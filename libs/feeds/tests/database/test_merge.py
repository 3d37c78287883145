"""Batches and runs against PostgreSQL: what is created, changed, left alone, discontinued, resolved later."""

import asyncio
from decimal import Decimal

import pytest
from sqlalchemy import text

from chassis.database import Database
from feeds.profiles import ImportProfile
from feeds.runs import Mode
from libs.feeds.tests.support.fed import Shop, assortment, ndjson


async def test_a_batch_says_per_item_what_became_of_it(shop: Shop) -> None:
    items = [{"external_id": "A", "name": "a"}, {"external_id": "B"}, {"external_id": "C", "price": "x"}, 7]
    assert ["created", "rejected", "rejected", "rejected"] == await shop.write(items)
    again = [
        {"external_id": "A", "price": "1.50"},
        {"external_id": "a", "name": "other case"},
        {"external_id": "A "},
    ]
    assert ["updated", "created", "rejected"] == await shop.write(again)
    assert ["unchanged"] == await shop.write([{"external_id": "A", "name": "a", "price": "1.5"}])


async def test_absent_leaves_null_clears_deleted_discontinues_and_a_new_row_revives(shop: Shop) -> None:
    await shop.write([{"external_id": "A", "name": "a", "price": "2"}])
    await shop.write([{"external_id": "A", "name": "b"}])
    assert ("b", Decimal(2), "active") == (await shop.products())["A"][:3]
    assert ["updated"] == await shop.write([{"external_id": "A", "price": None}])
    assert ("b", None, "active") == (await shop.products())["A"][:3]
    gone = {"external_id": "A", "deleted": True}
    assert [["discontinued"], ["unchanged"]] == [await shop.write([gone]), await shop.write([gone])]
    assert "discontinued" == (await shop.products())["A"][2]
    assert ["updated"] == await shop.write([{"external_id": "A", "name": "b"}])
    assert "active" == (await shop.products())["A"][2]


async def test_only_changes_of_published_columns_are_heard(shop: Shop) -> None:
    await shop.write([{"external_id": "A", "name": "a"}])
    shop.heard.ids.clear()
    assert ["updated"] == await shop.write([{"external_id": "A", "note": "internal"}])
    assert ["unchanged"] == await shop.write([{"external_id": "A", "note": "internal"}])
    assert [] == shop.heard.ids
    await shop.write([{"external_id": "A", "name": "b"}])
    assert 1 == len(shop.heard.ids)


async def test_the_same_file_twice_changes_nothing(shop: Shop) -> None:
    first = await shop.imported(assortment(5000))
    assert (5000, 5000) == (first.counts["created"], first.counts["lines"])
    before, heard = await shop.products(), len(shop.heard.ids)
    second = await shop.imported(assortment(5000), mode=Mode.FULL)
    assert (5000, 0, 0) == tuple(second.counts[name] for name in ("unchanged", "updated", "discontinued"))
    assert (before, heard) == (await shop.products(), len(shop.heard.ids))


async def test_every_line_has_its_result(shop: Shop) -> None:
    rows = [{"external_id": f"P{n % 4500:05d}", "name": f"n{n}"} for n in range(5000)]
    body = ndjson(rows[:10]) + b"nonsense\n" + ndjson(rows[10:])
    run = await shop.imported(body)
    results = await shop.results(run)
    assert list(range(1, 5002)) == [line for line, _, _ in results]
    assert (4500, 500, 1) == tuple(run.counts[name] for name in ("created", "unchanged", "rejected"))
    superseded = [line for line, _, details in results if details and "warnings" in details]
    assert 500 == len(superseded)
    assert "n4509" == (await shop.products())["P00009"][0]


async def test_a_full_run_discontinues_only_within_its_source_and_scope(
    shop: Shop, database: Database
) -> None:
    await shop.write([{"external_id": "A", "name": "a"}, {"external_id": "B", "name": "b"}], scope="nl")
    await shop.write([{"external_id": "C", "name": "c"}], scope="be")
    await shop.feeds.batches["products"].write(
        [{"external_id": "D", "name": "d"}], source="other", scope="nl"
    )
    body = ndjson([{"external_id": "A", "name": "a"}, {"external_id": "E", "price": "x"}])
    run = await shop.imported(body, mode=Mode.FULL, scope="nl")
    states = {key: row[2] for key, row in (await shop.products()).items()}
    assert {"A": "active", "B": "discontinued", "C": "active", "D": "active"} == states
    assert [(-1, "discontinued"), (1, "unchanged"), (2, "rejected")] == [
        r[:2] for r in await shop.results(run)
    ]


async def test_a_rejected_row_with_a_key_is_not_discontinued_and_without_one_the_run_is_held(
    shop: Shop,
) -> None:
    await shop.write([{"external_id": "A", "name": "a"}, {"external_id": "B", "name": "b"}])
    await shop.imported(ndjson([{"external_id": "A", "price": "x"}, {"external_id": "B"}]), mode=Mode.FULL)
    assert {"active"} == {row[2] for row in (await shop.products()).values()}
    held = await shop.imported(b"nonsense\n" + ndjson([{"external_id": "B"}]), mode=Mode.FULL)
    assert ("held", "keys_unreadable") == (held.state, (held.reason or {})["code"])


async def test_a_preview_shows_what_the_run_then_does(shop: Shop) -> None:
    await shop.imported(assortment(3000))
    changed = assortment(2900, note="x").replace(b'Product 7"', b'Product seven"') + ndjson(
        [{"external_id": "N", "name": "new"}]
    )
    before = await shop.products()
    preview = await shop.imported(changed, mode=Mode.PREVIEW, full=True)
    assert before == await shop.products()
    applied = await shop.imported(changed, mode=Mode.FULL)
    assert await shop.results(preview) == await shop.results(applied)
    assert preview.counts == applied.counts
    assert (1, 2900, 100) == tuple(applied.counts[name] for name in ("created", "updated", "discontinued"))
    seven = next(details for line, _, details in await shop.results(applied) if line == 8)
    assert {"from": "Product 7", "to": "Product seven"} == seven["changes"]["name"]


async def test_an_older_run_leaves_newer_rows_alone(shop: Shop) -> None:
    older = await shop.receive(
        ndjson([{"external_id": "A", "name": "old"}, {"external_id": "B", "name": "old"}])
    )
    await shop.write([{"external_id": "A", "name": "new"}])
    await shop.drain()
    assert [(1, "skipped_newer"), (2, "created")] == [r[:2] for r in await shop.results(older)]
    assert "new" == (await shop.products())["A"][0]


async def test_an_unchanged_row_is_newer_than_a_run_still_open(shop: Shop) -> None:
    await shop.write([{"external_id": "A", "name": "same"}])
    older = await shop.receive(ndjson([{"external_id": "A", "name": "old"}]))
    assert ["unchanged"] == await shop.write([{"external_id": "A", "name": "same"}])
    await shop.drain()
    assert [(1, "skipped_newer")] == [r[:2] for r in await shop.results(older)]


async def test_a_reference_to_something_unknown_resolves_when_it_arrives(
    shop: Shop, database: Database
) -> None:
    row = {"target": {"product": "P 1/2"}, "min_quantity": 1, "value": "9.90"}
    preview = await shop.imported(ndjson([row]), resource="prices", mode=Mode.PREVIEW)
    assert 1 == preview.counts["unresolved"]
    async with database.read() as reader:
        assert 0 == await reader.scalar(text("SELECT count(*) FROM product"))
    answer = await shop.feeds.batches["prices"].write([row, row | {"min_quantity": "5"}], source="erp")
    assert ["P 1/2", "P 1/2"] == [result.unresolved[0].external_id for result in answer.results]
    assert {} == await shop.products()
    assert ["created"] == await shop.write([{"external_id": "P 1/2", "name": "here"}])
    async with database.read() as reader:
        joined = text(
            "SELECT count(*) FROM price_row JOIN product p ON p.id = product_id WHERE NOT p.placeholder"
        )
        assert 2 == await reader.scalar(joined)
    again = await shop.feeds.batches["prices"].write([row | {"min_quantity": "1.0"}], source="erp")
    assert ("unchanged", []) == (again.results[0].status, again.results[0].unresolved)


async def test_crossing_writers_neither_deadlock_nor_lose(shop: Shop) -> None:
    keys = [f"K{n:03d}" for n in range(300)]

    async def writer(number: int) -> None:
        order = keys if number % 2 else keys[::-1]
        for turn in range(4):
            await shop.write([{"external_id": key, "name": f"{number}-{turn}"} for key in order])

    await asyncio.gather(*(writer(number) for number in range(6)))
    rows = await shop.products()
    assert 300 == len(rows)
    assert 1 == len({row[0] for row in rows.values()})


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
async def test_a_csv_file_is_read_by_its_profile(shop: Shop, encoding: str) -> None:
    profile = ImportProfile(format="csv", delimiter=";", decimal_mark=",", encoding=encoding)
    body = "external_id;name;price;colour\nA;Crème;1.234,50;red\n".replace("1.234", "1234").encode(encoding)
    run = await shop.imported(body, profile=profile)
    assert ("Crème", Decimal("1234.5"), "active") == (await shop.products())["A"][:3]
    assert ["unknown_fields"] == [note["code"] for note in run.notes]
