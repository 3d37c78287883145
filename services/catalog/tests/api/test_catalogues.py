"""Catalogues: members by list and by rule, exclusions, and everything that moves them."""

from typing import Any

from services.catalog.tests.support.platform import Platform

NOWHERE = "00000000-0000-0000-0000-000000000000"


async def members(platform: Platform, catalogue_id: str) -> list[str]:
    answer = await platform.staff("GET", f"/admin/v1/catalogues/{catalogue_id}/products")
    return sorted(item["external_id"] for item in answer.json()["items"])


async def catalogue(platform: Platform, code: str = "tested", **rules: Any) -> str:
    return await platform.make("/admin/v1/catalogues", code=code, name=code, **rules)


async def brand_id(platform: Platform, code: str) -> str:
    found = await platform.staff("GET", "/admin/v1/brands", params={"external_id": code})
    return str(found.json()["items"][0]["id"])


async def put(platform: Platform, catalogue_id: str, **lists: list[str]) -> int:
    path = f"/admin/v1/catalogues/{catalogue_id}/products"
    return (await platform.staff("POST", path, json=lists)).status_code


async def test_members_follow_a_rule_when_products_come_change_and_go(platform: Platform) -> None:
    await platform.product("A", brand="ACME")
    rule = {"target": "brand", "id": await brand_id(platform, "ACME")}
    catalogue_id = await catalogue(platform, include=[rule])
    await platform.product("B", brand="ACME")
    await platform.product("C", brand="OTHER")
    assert ["A", "B"] == await members(platform, catalogue_id)
    await platform.product("A", brand="OTHER")
    await platform.product("C", brand="ACME")
    assert ["B", "C"] == await members(platform, catalogue_id)


async def test_what_is_listed_by_hand_counts_before_the_rules(platform: Platform) -> None:
    acme, other = await platform.product("A", brand="ACME"), await platform.product("B", brand="OTHER")
    rule = {"target": "brand", "id": await brand_id(platform, "ACME")}
    catalogue_id = await catalogue(platform, include=[rule])
    assert 200 == await put(platform, catalogue_id, include=[other], exclude=[acme])
    assert ["B"] == await members(platform, catalogue_id)
    assert 200 == await put(platform, catalogue_id, remove=[acme, other])
    assert ["A"] == await members(platform, catalogue_id)


async def test_exclusions_by_rule_win_over_inclusions_by_rule(platform: Platform) -> None:
    await platform.product("A", brand="ACME", item_group="G1")
    await platform.product("B", brand="OTHER", item_group="G1")
    group = (await platform.staff("GET", "/admin/v1/item-groups")).json()["items"][0]["id"]
    include = [{"target": "item_group", "id": group}]
    exclude = [{"target": "brand", "id": await brand_id(platform, "ACME")}]
    catalogue_id = await catalogue(platform, include=include, exclude=exclude)
    assert ["B"] == await members(platform, catalogue_id)
    await platform.change(f"/admin/v1/catalogues/{catalogue_id}", {"exclude": [{"target": "all"}]})
    assert [] == await members(platform, catalogue_id)


async def test_a_category_rule_holds_what_is_below_and_follows_a_move(platform: Platform) -> None:
    tree = await platform.make("/admin/v1/category-trees", code="main", names={})
    first, second = [
        await platform.make("/admin/v1/categories", tree_id=tree, code=code, names={}) for code in ("f", "s")
    ]
    below = await platform.make("/admin/v1/categories", tree_id=tree, code="b", names={}, parent_id=first)
    deep = await platform.make("/admin/v1/categories", tree_id=tree, code="d", names={}, parent_id=below)
    product_id = await platform.product("A")
    await platform.change(f"/admin/v1/products/{product_id}", {"category_ids": [deep]})
    catalogue_id = await catalogue(platform, include=[{"target": "category", "id": first}])
    assert ["A"] == await members(platform, catalogue_id)
    etag = (await platform.staff("GET", f"/admin/v1/categories/{below}")).headers["ETag"]
    path = f"/admin/v1/categories/{below}/move"
    body = {"parent_id": second, "position": 0}
    moved = await platform.staff("POST", path, json=body, headers={"If-Match": etag})
    assert (200, [second, below]) == (moved.status_code, moved.json()["path"])
    assert [] == await members(platform, catalogue_id)
    told = {event["key"]: event["payload"] for event in await platform.events("catalog.category")}
    assert [second, below, deep] == told[deep]["path"]
    etag = moved.headers["ETag"]
    cycle = await platform.staff(
        "POST", path, json={"parent_id": deep, "position": 0}, headers={"If-Match": etag}
    )
    assert (409, "category_cycle") == (cycle.status_code, cycle.json()["code"])
    etag = (await platform.staff("GET", f"/admin/v1/categories/{deep}")).headers["ETag"]
    used = await platform.staff("DELETE", f"/admin/v1/categories/{deep}", headers={"If-Match": etag})
    assert (409, "in_use") == (used.status_code, used.json()["code"])


async def test_a_catalogue_is_told_with_its_definition_and_its_removal(platform: Platform) -> None:
    await platform.product("A")
    catalogue_id = await catalogue(platform, include=[{"target": "all"}])
    user = platform.user(catalogue_id)
    assert ["A"] == await platform.seen(user)
    path = f"/admin/v1/catalogues/{catalogue_id}"
    etag = (await platform.staff("GET", path)).headers["ETag"]
    assert 204 == (await platform.staff("DELETE", path, headers={"If-Match": etag})).status_code
    assert [] == await platform.seen(user)
    made, gone = await platform.events("catalog.catalogue")
    assert {"include": [{"target": "all", "id": None}], "exclude": []} == made["payload"]["definition"]
    assert {"id": catalogue_id, "deleted": True} == gone["payload"]
    assert made["version"] < gone["version"]
    assert 404 == (await platform.staff("GET", path)).status_code


async def test_codes_are_unique_and_targets_exist(platform: Platform) -> None:
    catalogue_id = await catalogue(platform)
    body = {"code": "tested", "name": "Again"}
    taken = await platform.staff("POST", "/admin/v1/catalogues", json=body)
    assert (409, "code_taken") == (taken.status_code, taken.json()["code"])
    rule = {"target": "brand", "id": NOWHERE}
    unknown = await platform.staff(
        "POST", "/admin/v1/catalogues", json=body | {"code": "x", "include": [rule]}
    )
    assert (422, "unknown_reference") == (unknown.status_code, unknown.json()["code"])
    assert 422 == await put(platform, catalogue_id, include=[NOWHERE])
    for wrong in ({"target": "all", "id": NOWHERE}, {"target": "brand"}):
        answer = await platform.staff(
            "POST", "/admin/v1/catalogues", json=body | {"code": "y", "include": [wrong]}
        )
        assert 422 == answer.status_code
