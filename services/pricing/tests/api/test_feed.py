"""Price rows as an ERP sends them: batch, imports, references to what is not there yet."""

import asyncio
import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from pricing.prices.models import period
from pricing.tables import price
from services.pricing.tests.support.prices import ZONE
from services.pricing.tests.support.states import (
    ACCOUNT,
    OTHER_PRODUCT,
    PRODUCT,
    a_price,
    a_product,
    an_account,
    fed,
    known,
    price_of,
)
from services.pricing.tests.support.world import World

DATA = Path(__file__).parents[4] / "data" / "quickstart"


async def imported(world: World, rows: list[dict[str, Any]], **options: str) -> dict[str, Any]:
    """Imports rows as NDJSON and works until the run has ended or is held; returns the run."""
    received = await world.client.post(
        "/integration/v1/prices/imports",
        params=options,
        content=b"\n".join(orjson.dumps(row) for row in rows),
        headers=world.erp("prices:feed") | {"Content-Type": "application/x-ndjson"},
    )
    assert 202 == received.status_code, received.text
    await worked(world)
    run = await world.client.get(received.headers["location"], headers=world.erp("prices:feed"))
    found: dict[str, Any] = run.json()
    return found


async def worked(world: World) -> None:
    """Applies every run that waits."""
    worker, stop = world.wiring.feeds.worker(), asyncio.Event()
    while await worker.step(stop):
        pass


async def test_the_same_rows_twice_change_nothing(world: World) -> None:
    await known(world)
    rows = [a_price("9"), a_price("8", min_quantity="10"), a_price("7", valid_from="2026-06-01")]
    assert 3 == (await fed(world, *rows))["counts"]["created"]
    told = len(await world.told("pricing.change-set"))
    assert 3 == (await fed(world, *rows))["counts"]["unchanged"]
    assert told == len(await world.told("pricing.change-set"))


async def test_the_same_key_again_updates_and_says_which_product_changed(world: World) -> None:
    await known(world)
    await fed(world, a_price("9"))
    answer = await fed(world, a_price("9.5"))
    assert "updated" == answer["results"][0]["status"]
    assert PRODUCT in (await world.told("pricing.change-set"))[-1]["payload"]
    assert "9.5" == (await price_of(world))["net_price"]


async def test_equal_quantities_are_one_key_however_they_are_written(world: World) -> None:
    await known(world)
    await fed(world, a_price("9", min_quantity="10"))
    answer = await fed(world, a_price("8", min_quantity="10.00"))
    assert "updated" == answer["results"][0]["status"]


async def test_no_smallest_quantity_and_zero_are_one_key(world: World) -> None:
    await known(world)
    await fed(world, a_price("9"))
    for same in ("0", "0.00", None):
        answer = await fed(world, a_price("9", min_quantity=same))
        assert "unchanged" == answer["results"][0]["status"]


async def test_keys_that_differ_by_letter_case_are_different_products(world: World) -> None:
    await known(world)
    await world.hear("catalog.product", (OTHER_PRODUCT, 1, a_product(OTHER_PRODUCT, "22423a")))
    await fed(world, a_price("1", "22423a"), a_price("2", "22423A"))
    assert "1" == (await price_of(world, OTHER_PRODUCT))["net_price"]


@pytest.mark.parametrize(
    ("row", "pointer", "code"),
    [
        (
            a_price(applies_to={"type": "all", "external_id": "x"}),
            "/applies_to/external_id",
            "reference_mismatch",
        ),
        (a_price(applies_to={"type": "account"}), "/applies_to/external_id", "reference_mismatch"),
        (a_price(target={"type": "product"}), "/target/external_id", "reference_mismatch"),
        (a_price(target={"type": "all"}), "/target/type", "target_not_supported"),
        (a_price(currency=None), "/currency", "required"),
        (a_price("101", kind="discount_percent"), "/value", "out_of_range"),
        (a_price("-1"), "/value", "negative"),
        (a_price("0.0000001"), "/value", "too_many_decimals"),
        (a_price(base_quantity="0"), "/base_quantity", "out_of_range"),
        (a_price(valid_from="2026-02-02", valid_to="2026-02-01"), "/valid_to", "ends_before_it_starts"),
        (a_price(kind="guess"), "/kind", None),
    ],
)
async def test_a_row_that_contradicts_itself_is_refused_and_stops_no_other(
    world: World, row: dict[str, Any], pointer: str, code: str | None
) -> None:
    await known(world)
    answer = await fed(world, row, a_price("9", "good"))
    assert ["rejected", "created"] == [result["status"] for result in answer["results"]]
    error = answer["results"][0]["errors"][0]
    assert pointer == error["pointer"]
    assert code in (None, error["code"])


async def test_a_price_before_its_product_waits_and_resolves_itself(world: World) -> None:
    await world.hear("accounts.account", (ACCOUNT, 1, an_account()))
    answer = await fed(world, a_price("9"))
    expected = [{"pointer": "/target/external_id", "source": "erp", "external_id": "22423"}]
    assert ("created", expected) == (answer["results"][0]["status"], answer["results"][0]["unresolved"])
    listed = await world.client.get("/admin/v1/prices?unresolved=true", headers=world.staff())
    assert ["22423"] == [item["target_external_id"] for item in listed.json()["items"]]
    await world.hear("catalog.product", (PRODUCT, 1, a_product()))
    assert "9" == (await price_of(world))["net_price"]
    assert PRODUCT in (await world.told("pricing.change-set"))[-1]["payload"]
    listed = await world.client.get("/admin/v1/prices?unresolved=true", headers=world.staff())
    assert [] == listed.json()["items"]


async def test_a_price_before_its_account_waits_too(world: World) -> None:
    await world.hear("catalog.product", (PRODUCT, 1, a_product()))
    answer = await fed(world, a_price("9"))
    assert ["/applies_to/external_id"] == [one["pointer"] for one in answer["results"][0]["unresolved"]]
    await world.hear("accounts.account", (ACCOUNT, 1, an_account()))
    assert "9" == (await price_of(world))["net_price"]


async def test_a_product_that_arrives_while_its_price_is_being_written_waits_for_it(world: World) -> None:
    await world.hear("accounts.account", (ACCOUNT, 1, an_account()))
    async with world.database.transaction() as tx:
        await world.wiring.feeds.batches["prices"].write_in(tx, [a_price("9")], source="erp")
        arrival = asyncio.create_task(world.hear("catalog.product", (PRODUCT, 1, a_product())))
        done, _ = await asyncio.wait([arrival], timeout=0.3)
        assert not done
    await arrival
    assert "9" == (await price_of(world))["net_price"]


async def test_a_price_that_is_written_while_its_product_arrives_waits_for_it(world: World) -> None:
    await world.hear("accounts.account", (ACCOUNT, 1, an_account()))
    async with world.database.transaction() as tx:
        await world.hear_in(tx, "catalog.product", (PRODUCT, 1, a_product()))
        writing = asyncio.create_task(fed(world, a_price("9")))
        done, _ = await asyncio.wait([writing], timeout=0.3)
        assert not done
    assert [] == (await writing)["results"][0]["unresolved"]
    assert "9" == (await price_of(world))["net_price"]


async def test_the_database_computes_the_same_moments_as_the_rule(world: World) -> None:
    await known(world)
    days = [("2026-03-29", "2026-03-29"), ("2026-10-25", "2026-10-25"), ("2026-05-04", None)]
    rows = [a_price("9", valid_from=first, **({"valid_to": last} if last else {})) for first, last in days]
    await fed(world, *rows)
    async with world.database.read() as reader:
        stored = await reader.all(select(price))
    for row in stored:
        assert period(row["valid_from"], row["valid_to"], ZONE) == (row["starts_at"], row["ends_at"])
    assert 3 == len(stored)


async def test_a_full_import_discontinues_what_it_does_not_name_within_its_source(world: World) -> None:
    await known(world)
    await fed(world, a_price("5", applies_to={"type": "all"}), source="other-erp")
    first = await imported(world, [a_price("9"), a_price("8", min_quantity="10")], mode="full")
    assert ("done", 2) == (first["state"], first["counts"]["created"])
    second = await imported(world, [a_price("9.5")], mode="full")
    assert (1, 1) == (second["counts"]["updated"], second["counts"]["discontinued"])
    found = await price_of(world)
    assert [{"min_quantity": "0", "net_price": "9.5"}] == found["price_breaks"]
    listed = await world.client.get("/admin/v1/prices", headers=world.staff())
    assert {"erp", "other-erp"} == {item["source"] for item in listed.json()["items"]}


async def test_explain_names_the_import_run_and_its_line(world: World) -> None:
    await known(world)
    run = await imported(world, [a_price("1", "other"), a_price("9")])
    answer = await world.client.get(
        "/admin/v1/prices/explain",
        params={"account_id": ACCOUNT, "product_id": PRODUCT},
        headers=world.staff(),
    )
    winner = answer.json()["candidates"][0]
    assert (run["id"], 2) == (winner["import_run_id"], winner["line_number"])
    assert "pricing.feed" in [row["topic"] for row in await world.told("pricing.feed")]


def quickstart() -> Iterator[dict[str, str]]:
    with (DATA / "customer_prices.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


async def test_the_quickstarts_price_lists_day_by_day_give_the_prices_of_that_day(world: World) -> None:
    rows = list(quickstart())
    customers = sorted({row["customer_id"] for row in rows})
    skus = sorted({row["stock_code"] for row in rows})
    accounts = {key: f"0190a1b2-0000-7000-8000-{number:012x}" for number, key in enumerate(customers)}
    products = {key: f"0190a1b2-0000-7000-9000-{number:012x}" for number, key in enumerate(skus)}
    await world.hear(
        "accounts.account",
        *((found, 1, an_account(found, external_id=key)) for key, found in accounts.items()),
    )
    await world.hear(
        "catalog.product", *((found, 1, a_product(found, key)) for key, found in products.items())
    )
    days = sorted({row["valid_from"] for row in rows})
    for day in (days[0], days[len(days) // 2], days[-1]):
        valid = [
            row
            for row in rows
            if row["valid_from"] <= day and (not row["valid_to"] or day <= row["valid_to"])
        ]
        run = await imported(world, [as_price(row) for row in valid], mode="full")
        if run["state"] == "held":
            path = f"/integration/v1/prices/imports/{run['id']}/release"
            assert 200 == (await world.client.post(path, headers=world.erp("prices:feed"))).status_code
            await worked(world)
        assert await prices_are(world, valid, accounts, products)


PROFILE = {
    "name": "quickstart",
    "settings": {
        "format": "csv",
        "columns": [
            {"column": "customer_id", "field": "applies_to"},
            {"column": "stock_code", "field": "target"},
            {"column": "valid_from", "field": "valid_from"},
            {"column": "valid_to", "field": "valid_to"},
            {"column": "min_quantity", "field": "min_quantity"},
            {"column": "unit_price", "field": "value"},
        ],
        "constants": {
            "applies_to_type": "account",
            "target_type": "product",
            "kind": "net",
            "currency": "GBP",
        },
    },
}


async def test_the_quickstarts_file_is_imported_as_it_is_by_a_profile(world: World) -> None:
    staff = world.staff(["imports:read", "imports:write"])
    made = await world.client.post("/admin/v1/prices/import-profiles", json=PROFILE, headers=staff)
    assert 201 == made.status_code, made.text
    received = await world.client.post(
        "/integration/v1/prices/imports",
        params={"mode": "full", "profile": "quickstart"},
        content=(DATA / "customer_prices.csv").read_bytes(),
        headers=world.erp("prices:feed") | {"Content-Type": "text/csv"},
    )
    assert 202 == received.status_code, received.text
    await worked(world)
    run = await world.client.get(received.headers["location"], headers=world.erp("prices:feed"))
    assert ("done", 1523, 1523) == (
        run.json()["state"],
        run.json()["counts"]["created"],
        run.json()["counts"]["unresolved"],
    )


def as_price(row: dict[str, str]) -> dict[str, Any]:
    account = {"type": "account", "external_id": row["customer_id"]}
    return a_price(row["unit_price"], row["stock_code"], applies_to=account, min_quantity=row["min_quantity"])


async def prices_are(
    world: World, valid: list[dict[str, str]], accounts: dict[str, str], products: dict[str, str]
) -> bool:
    """Asserts for every account and every product it has a price for that it gets just that price."""
    for customer in sorted({row["customer_id"] for row in valid}):
        mine = [row for row in valid if row["customer_id"] == customer]
        asked = [{"product_id": products[row["stock_code"]], "quantity": row["min_quantity"]} for row in mine]
        answer = await world.client.post(
            "/internal/v1/prices", json={"items": asked}, headers=world.user(accounts[customer])
        )
        found = [Decimal(item["price"]["net_price"]) for item in answer.json()["items"]]
        assert [Decimal(row["unit_price"]) for row in mine] == found
    return True
