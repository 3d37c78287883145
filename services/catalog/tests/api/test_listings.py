"""Listings: made anew when something they are made of changes, left alone otherwise."""

from typing import Any

from sqlalchemy import text

from services.catalog.tests.support.platform import Platform


async def row_of(platform: Platform, product_id: str) -> str:
    """Where the listing's row lies: elsewhere after each write."""
    statement = text("SELECT ctid::text FROM listing WHERE product_id = :id")
    async with platform.wiring.database.read() as reader:
        found: str = await reader.scalar(statement, {"id": product_id})
    return found


async def test_a_change_no_listing_shows_writes_none(platform: Platform) -> None:
    product_id = await platform.product("A", brand="ACME")
    before = await row_of(platform, product_id)
    told = len(await platform.events("catalog.product"))
    await platform.product("A", tax_group="LOW", quantity_multiple="3", erp_attributes={"Colour": "red"})
    assert before == await row_of(platform, product_id)
    assert told + 1 == len(await platform.events("catalog.product"))


async def test_whatever_a_document_is_made_of_makes_it_anew(platform: Platform) -> None:
    product_id = await platform.product("A", brand="ACME")
    user = platform.user(await platform.everything())
    path = f"/admin/v1/products/{product_id}"

    async def texts(**fields: Any) -> None:
        await platform.change(path, {"texts": {"en": {"title": "Lamp", **fields}}})

    assert [] == await platform.seen(user, q="bulb")
    await texts(keywords="bulb")
    assert ["A"] == await platform.seen(user, q="bulb")
    await texts(description="Shines brightly")
    assert [[], ["A"]] == [await platform.seen(user, q=word) for word in ("bulb", "shining")]
    await platform.product("A", brand="ZENITH")
    assert [[], ["A"]] == [await platform.seen(user, q=word) for word in ("acme", "zenith")]
    brands = (await platform.staff("GET", "/admin/v1/brands")).json()["items"]
    zenith = next(row["id"] for row in brands if row["external_id"] == "ZENITH")
    await platform.change(f"/admin/v1/brands/{zenith}/names", {"names": {"en": "Nadir"}}, "PUT")
    assert ["A"] == await platform.seen(user, q="nadir")
    await platform.product("A", description="Lantern")
    assert ["A"] == await platform.seen(user, q="lantern")


async def test_who_leaves_a_group_leaves_the_catalogue_of_the_group(platform: Platform) -> None:
    await platform.product("A", item_group="IN")
    groups = (await platform.staff("GET", "/admin/v1/item-groups")).json()["items"]
    include = [{"target": "item_group", "id": groups[0]["id"]}]
    user = platform.user(await platform.make("/admin/v1/catalogues", code="in", name="In", include=include))
    assert ["A"] == await platform.seen(user)
    await platform.product("A", item_group="OUT")
    assert [] == await platform.seen(user)
    await platform.product("A", item_group="IN")
    assert ["A"] == await platform.seen(user)
