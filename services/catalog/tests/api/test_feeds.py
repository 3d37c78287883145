"""What an ERP feeds, in whatever order, and who else may touch it."""

import asyncio
from typing import Any

import orjson

from chassis.principal import Caller
from services.catalog.tests.support.platform import SCOPES, Platform

PRODUCT = {
    "external_id": "A",
    "description": "Lamp",
    "base_unit": "PCS",
    "brand": "ACME",
    "packagings": [{"unit": "BOX", "quantity_in_base_unit": "12.0"}],
    "minimum_quantity": 2,
}


async def published(platform: Platform) -> list[dict[str, Any]]:
    return [event["payload"] for event in await platform.events("catalog.product")]


async def test_a_product_is_published_with_what_others_decide_by(platform: Platform) -> None:
    await platform.feed("products", PRODUCT)
    (told,) = await published(platform)
    assert ("A", "erp", "PCS", "PCS", "active", False) == (
        told["external_id"], told["source"], told["base_unit"], told["sales_unit"], told["lifecycle"],
        told["placeholder"],
    )  # fmt: skip
    assert [{"unit": "BOX", "quantity_in_base_unit": "12", "gtin": None}] == told["units"]
    assert {"minimum": "2", "multiple": None, "maximum": None} == told["order_terms"]
    assert "Lamp" not in orjson.dumps(told).decode()


async def test_feeding_the_same_twice_changes_nothing_and_says_nothing(platform: Platform) -> None:
    await platform.feed("products", PRODUCT)
    again = await platform.feed("products", PRODUCT)
    assert "unchanged" == again["results"][0]["status"]
    assert 1 == len(await published(platform))


async def test_a_description_is_no_published_field_so_its_change_is_no_event(platform: Platform) -> None:
    await platform.feed("products", PRODUCT)
    answer = await platform.feed("products", {"external_id": "A", "description": "Bulb"})
    assert "updated" == answer["results"][0]["status"]
    assert 1 == len(await published(platform))
    user = platform.user(await platform.everything())
    assert ["A"] == await platform.seen(user, q="bulb")
    assert [] == await platform.seen(user, q="lamp")


async def test_versions_rise_with_every_published_change(platform: Platform) -> None:
    for multiple in range(1, 6):
        await platform.feed("products", PRODUCT | {"quantity_multiple": multiple})
    versions = [event["version"] for event in await platform.events("catalog.product")]
    assert sorted(set(versions)) == versions
    assert 5 == len(versions)


async def test_a_successor_not_yet_sent_waits_as_a_placeholder_and_becomes_a_product(
    platform: Platform,
) -> None:
    answer = await platform.feed("products", PRODUCT | {"superseded_by": "B"})
    assert "/superseded_by" in [entry["pointer"] for entry in answer["results"][0]["unresolved"]]
    waiting = {told["external_id"]: told["placeholder"] for told in await published(platform)}
    assert {"A": False, "B": True} == waiting
    arrived = await platform.feed("products", PRODUCT | {"external_id": "B"})
    assert "created" == arrived["results"][0]["status"]
    last = (await published(platform))[-1]
    assert ("B", False) == (last["external_id"], last["placeholder"])


async def test_stock_and_codes_before_their_product_belong_to_it_when_it_comes(platform: Platform) -> None:
    stock = await platform.feed("stock", {"product": "A", "quantity": "3"})
    codes = await platform.feed("product-codes", {"kind": "gtin", "code": "4006381333931", "product": "A"})
    for answer in (stock, codes):
        assert "created" == answer["results"][0]["status"]
        assert "A" == answer["results"][0]["unresolved"][0]["external_id"]
    user = platform.user(await platform.everything())
    assert [] == await platform.seen(user, q="4006381333931")
    await platform.feed("products", PRODUCT)
    assert ["A"] == await platform.seen(user, q="4006381333931")
    listed = await platform.get(user, "/internal/v1/products", include="availability")
    assert "3" == listed["items"][0]["availability"]["quantity"]


async def test_a_unit_not_yet_sent_is_unresolved_until_it_is(platform: Platform) -> None:
    first = await platform.feed("products", PRODUCT)
    assert ["/base_unit"] == [entry["pointer"] for entry in first["results"][0]["unresolved"]]
    await platform.feed("units", {"external_id": "PCS", "rec20_code": "H87", "decimals": 0})
    again = await platform.feed("products", PRODUCT | {"tax_group": "HIGH"})
    assert [] == again["results"][0]["unresolved"]


async def test_two_administrations_have_their_own_products_brands_and_units(platform: Platform) -> None:
    await platform.feed("products", PRODUCT, source="erp")
    await platform.feed("products", PRODUCT, source="other")
    assert 2 == len({told["id"] for told in await published(platform)})
    brands = (await platform.staff("GET", "/admin/v1/brands")).json()["items"]
    assert {("erp", "ACME"), ("other", "ACME")} == {(row["source"], row["external_id"]) for row in brands}


async def test_absent_is_unchanged_null_is_cleared_and_deleted_is_discontinued(platform: Platform) -> None:
    await platform.feed("products", PRODUCT)
    await platform.feed("products", {"external_id": "A", "brand": None})
    last = (await published(platform))[-1]
    assert (None, "PCS") == (last["brand_id"], last["base_unit"])
    await platform.feed("products", {"external_id": "A", "deleted": True})
    assert "discontinued" == (await published(platform))[-1]["lifecycle"]


async def test_a_bad_row_never_stops_the_good_ones(platform: Platform) -> None:
    bad: list[dict[str, Any]] = [
        {"external_id": "B", "base_unit": "PCS", "lifecycle": "dead"},
        {"external_id": "C"},
        {"external_id": "D\x00", "base_unit": "PCS"},
        {"external_id": "E", "base_unit": "PCS", "packagings": [{"unit": "BOX"}]},
        {"external_id": "F", "base_unit": "PCS", "minimum_quantity": "-1"},
    ]
    answer = await platform.feed("products", *bad, PRODUCT)
    assert ["rejected"] * 5 + ["created"] == [result["status"] for result in answer["results"]]
    assert ["A"] == [told["external_id"] for told in await published(platform)]


async def test_the_digital_layer_survives_every_import(platform: Platform) -> None:
    product_id = await platform.product("A")
    texts = {"en": {"title": "A fine lamp", "description": None, "keywords": None}}
    await platform.change(f"/admin/v1/products/{product_id}", {"texts": texts})
    await platform.feed("products", PRODUCT | {"description": "ERP SAYS OTHERWISE"})
    found = (await platform.staff("GET", f"/admin/v1/products/{product_id}")).json()
    assert texts == found["texts"]
    assert "ERP SAYS OTHERWISE" == found["erp"]["description"]


async def test_staff_cannot_write_what_the_erp_owns(platform: Platform) -> None:
    product_id = await platform.product("A")
    path = f"/admin/v1/products/{product_id}"
    etag = (await platform.staff("GET", path)).headers["ETag"]
    for field in ("description", "base_unit", "lifecycle", "erp"):
        answer = await platform.staff("PATCH", path, json={field: "x"}, headers={"If-Match": etag})
        assert (422, "unknown_field") == (answer.status_code, answer.json()["errors"][0]["code"])


async def test_a_client_without_the_scope_feeds_nothing(platform: Platform) -> None:
    token = platform.tokens.sign(Caller.CLIENT, "c", {"stock:feed"}, client_id="c", source="erp")
    answer = await platform.as_(token, "POST", "/integration/v1/products", json={"items": [PRODUCT]})
    assert (403, "permission_denied") == (answer.status_code, answer.json()["code"])


async def test_an_import_run_of_ndjson_is_applied_by_the_worker_and_its_feed_is_told(
    platform: Platform,
) -> None:
    token = platform.tokens.sign(Caller.CLIENT, "c", SCOPES, client_id="c", source="erp")
    rows = [PRODUCT | {"external_id": f"P{number:04}"} for number in range(2500)]
    answer = await platform.as_(
        token,
        "POST",
        "/integration/v1/products/imports?mode=full",
        content=b"\n".join(orjson.dumps(row) for row in rows),
        headers={"Content-Type": "application/x-ndjson"},
    )
    assert 202 == answer.status_code, answer.text
    stop = asyncio.Event()
    worker = asyncio.create_task(platform.wiring.feeds.worker().run(stop))
    location = answer.headers["Location"]
    for _ in range(200):
        run = (await platform.as_(token, "GET", location)).json()
        if run["state"] in ("done", "failed", "held"):
            break
        await asyncio.sleep(0.1)
    stop.set()
    await worker
    assert ("done", 2500) == (run["state"], run["counts"]["created"])
    assert 2500 == len(await published(platform))
    told = [event["payload"] for event in await platform.events("catalog.feed")]
    assert ("products", "erp", "done") == (told[-1]["resource"], told[-1]["source"], told[-1]["state"])
    user = platform.user(await platform.everything())
    listed = await platform.get(user, "/internal/v1/products", include="total", limit=1)
    assert 2500 == listed["total"]
