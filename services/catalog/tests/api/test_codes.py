"""What codes stand for."""

from typing import Any

from sqlalchemy import insert

from catalog.tables import account
from services.catalog.tests.support.platform import Platform, User


async def resolved(platform: Platform, user: User, *codes: str) -> list[tuple[str, list[str]]]:
    body = {"items": [{"code": code} for code in codes]}
    answer = await platform.as_(user.token, "POST", "/internal/v1/products/resolve", json=body)
    assert answer.status_code == 200, answer.text
    return [
        (line["status"], [product["external_id"] for product in line["products"]])
        for line in answer.json()["items"]
    ]


async def codes(platform: Platform, *rows: dict[str, Any]) -> None:
    await platform.feed("product-codes", *rows)


async def test_sku_gtin_manufacturers_and_former_codes_match_with_punctuation_ignored(
    platform: Platform,
) -> None:
    await platform.product("AB-12/3")
    await codes(
        platform,
        {"kind": "gtin", "code": "4006381333931", "product": "AB-12/3", "unit": "BOX"},
        {"kind": "manufacturer", "code": "M.77", "product": "AB-12/3"},
        {"kind": "former", "code": "OLD 1", "product": "AB-12/3"},
    )
    user = platform.user(await platform.everything())
    typed = ("AB-12/3", "ab123", "4006381-333931", "m77", "old-1")
    assert [("matched", ["AB-12/3"])] * 5 == await resolved(platform, user, *typed)
    assert [("not_found", [])] * 2 == await resolved(platform, user, "AB-12", "---")


async def test_the_unit_a_code_stands_on_is_told(platform: Platform) -> None:
    await platform.product("A", packagings=[{"unit": "BOX", "quantity_in_base_unit": 12}])
    await codes(platform, {"kind": "gtin", "code": "4006381333931", "product": "A", "unit": "BOX"})
    user = platform.user(await platform.everything())
    lines = [{"code": "4006381333931", "quantity": "3"}, {"code": "4006381333931", "unit": "PCS"}]
    answer = await platform.as_(user.token, "POST", "/internal/v1/products/resolve", json={"items": lines})
    told = [(line["index"], line["quantity"], line["unit"]) for line in answer.json()["items"]]
    assert [(0, "3", "BOX"), (1, None, "PCS")] == told


async def test_a_code_of_two_products_is_ambiguous_unless_written_exactly(platform: Platform) -> None:
    await platform.product("a-1")
    await platform.product("A1")
    user = platform.user(await platform.everything())
    assert [("ambiguous", ["A1", "a-1"]), ("matched", ["A1"])] == await resolved(platform, user, "A 1", "A1")


async def test_a_discontinued_product_leads_to_its_successor_if_that_is_visible(platform: Platform) -> None:
    await platform.product("NEW")
    await platform.product("OLD", superseded_by="NEW")
    await platform.feed("products", {"external_id": "OLD", "deleted": True})
    everything = await platform.everything()
    assert [("superseded", ["NEW"])] == await resolved(platform, platform.user(everything), "OLD")
    assert [("not_found", [])] == await resolved(platform, platform.user(None), "OLD")


async def test_a_customers_own_number_means_something_to_its_account_only(platform: Platform) -> None:
    await platform.product("A")
    everything = await platform.everything()
    owner, other = platform.user(everything), platform.user(everything)
    async with platform.wiring.database.transaction() as tx:
        row = {"id": owner.account_id, "version": 1, "source": "erp", "external_id": "C1"}
        await tx.execute(insert(account).values(row))
    await codes(platform, {"kind": "customer", "code": "MINE-1", "product": "A", "account": "C1"})
    assert [("matched", ["A"])] == await resolved(platform, owner, "mine 1")
    assert [("not_found", [])] == await resolved(platform, other, "mine 1")
    assert ["A"] == await platform.seen(owner, q="MINE-1")
    assert [] == await platform.seen(other, q="MINE-1")
    assert [] == (await platform.get(other, "/internal/v1/suggestions", q="MINE"))["items"]


async def test_a_removed_code_means_nothing(platform: Platform) -> None:
    await platform.product("A")
    row = {"kind": "former", "code": "OLD-1", "product": "A"}
    await codes(platform, row)
    await codes(platform, row | {"deleted": True})
    user = platform.user(await platform.everything())
    assert [("not_found", [])] == await resolved(platform, user, "OLD-1")


async def test_ordering_terms_are_told_in_the_order_asked_for(platform: Platform) -> None:
    await platform.feed("units", {"external_id": "PCS", "decimals": 0}, {"external_id": "KG", "decimals": 3})
    first = await platform.product(
        "A", sales_unit="BOX", packagings=[{"unit": "BOX", "quantity_in_base_unit": "12.0"}],
        minimum_quantity="2", quantity_multiple="2.50", tax_group="HIGH", discount_group="D1",
    )  # fmt: skip
    second = await platform.product("B", base_unit="KG")
    hidden = "00000000-0000-0000-0000-000000000000"
    user = platform.user(await platform.everything())
    body = {"items": [{"product_id": key} for key in (second, hidden, first)]}
    answer = await platform.as_(user.token, "POST", "/internal/v1/products/ordering", json=body)
    kilos, nothing, boxes = answer.json()["items"]
    assert {"product_id": hidden, "visible": False} == nothing
    assert ("KG", "KG", 3) == (kilos["base_unit"], kilos["sales_unit"], kilos["decimals"])
    packaging = {"unit": "BOX", "quantity_in_base_unit": "12", "gtin": None, "decimals": 0}
    assert ([packaging], "BOX") == (boxes["units"], boxes["sales_unit"])
    assert {"minimum": "2", "multiple": "2.5", "maximum": None} == boxes["order_terms"]
    assert ("HIGH", "D1", "erp", "A") == (
        boxes["tax_group"], boxes["discount_group"], boxes["source"], boxes["external_id"]
    )  # fmt: skip
