"""One predicate: what an audience does not see is not there, in any answer."""

import pytest

from services.catalog.tests.support.platform import Platform, User
from services.catalog.tests.support.pricing import also, only


async def surfaces(platform: Platform, user: User, product_id: str, sku: str) -> dict[str, bool]:
    """Whether the product shows up, by operation."""
    related = await platform.id_of("SEEN")
    listed = await platform.get(user, "/internal/v1/products", id=product_id, include="total,facets")
    found = await platform.get(user, "/internal/v1/products", q=sku)
    detail = await platform.as_(user.token, "GET", f"/internal/v1/products/{product_id}")
    links = await platform.as_(user.token, "GET", f"/internal/v1/products/{product_id}/relations")
    relations = await platform.get(user, f"/internal/v1/products/{related}/relations")
    suggested = await platform.get(user, "/internal/v1/suggestions", q=sku)
    codes = {"items": [{"code": sku}]}
    resolved = await platform.as_(user.token, "POST", "/internal/v1/products/resolve", json=codes)
    wanted = {"items": [{"product_id": product_id}]}
    ordering = await platform.as_(user.token, "POST", "/internal/v1/products/ordering", json=wanted)
    return {
        "list": bool(listed["items"]),
        "total": listed["total"] == 1,
        "facets": bool(listed["facets"]),
        "search": product_id in [item["id"] for item in found["items"]],
        "detail": detail.status_code == 200,
        "relations of it": links.status_code == 200,
        "relation to it": product_id in [item["product"]["id"] for item in relations["items"]],
        "suggestion": product_id in [item["id"] for item in suggested["items"]],
        "code": resolved.json()["items"][0]["status"] == "matched",
        "ordering": ordering.json()["items"][0]["visible"],
    }


async def assortment(platform: Platform) -> str:
    """SEEN, which everybody may see, and TEST-1 with a relation to it, a facet and a category."""
    seen = await platform.product("SEEN")
    tested = await platform.product("TEST-1", brand="ACME", item_group="G1")
    await platform.make(
        "/admin/v1/attributes",
        code="colour",
        names={"en": "Colour"},
        type="option",
        facet=True,
        options=[{"code": "red", "names": {"en": "Red"}}],
    )
    tree = await platform.make("/admin/v1/category-trees", code="main", names={})
    parent = await platform.make("/admin/v1/categories", tree_id=tree, code="parent", names={})
    child = await platform.make(
        "/admin/v1/categories", tree_id=tree, code="child", names={}, parent_id=parent
    )
    content = {"attributes": [{"attribute": "colour", "values": ["red"]}], "category_ids": [child]}
    await platform.change(f"/admin/v1/products/{tested}", content)
    link = {"relations": [{"type": "accessory", "target_id": tested}]}
    await platform.change(f"/admin/v1/products/{seen}", link)
    return tested


async def target_of(platform: Platform, kind: str, product_id: str) -> str:
    """The id of what a rule may name the product by."""
    if kind == "product":
        return product_id
    if kind == "category":
        found = await platform.staff("GET", "/admin/v1/categories")
        return str(next(item["id"] for item in found.json()["items"] if item["code"] == "parent"))
    found = await platform.staff("GET", f"/admin/v1/{kind}")
    return str(found.json()["items"][0]["id"])


KINDS = ["product", "category", "brands", "item-groups"]


async def test_without_a_catalogue_or_a_grant_nothing_is_visible_anywhere(platform: Platform) -> None:
    tested = await assortment(platform)
    user = platform.user(None, also=[also(await platform.id_of("SEEN"))])
    assert set() == {
        name for name, found in (await surfaces(platform, user, tested, "TEST-1")).items() if found
    }
    assert ["SEEN"] == await platform.seen(user)


async def test_a_member_of_the_catalogue_is_visible_everywhere(platform: Platform) -> None:
    tested = await assortment(platform)
    user = platform.user(await platform.everything())
    found = await surfaces(platform, user, tested, "TEST-1")
    assert set() == {name for name, visible in found.items() if not visible}


@pytest.mark.parametrize("kind", KINDS)
async def test_an_also_rule_grants_what_is_in_no_catalogue(platform: Platform, kind: str) -> None:
    tested = await assortment(platform)
    granted = also(await target_of(platform, kind, tested))
    user = platform.user(None, also=[also(await platform.id_of("SEEN")), granted])
    found = await surfaces(platform, user, tested, "TEST-1")
    assert set() == {name for name, visible in found.items() if not visible}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_hide_rule_takes_it_out_of_every_answer(platform: Platform, kind: str) -> None:
    tested = await assortment(platform)
    hidden = also(await target_of(platform, kind, tested))
    user = platform.user(await platform.everything(), hide=[hidden])
    found = await surfaces(platform, user, tested, "TEST-1")
    assert set() == {name for name, visible in found.items() if visible}


@pytest.mark.parametrize("kind", KINDS)
async def test_every_only_rule_must_match(platform: Platform, kind: str) -> None:
    tested = await assortment(platform)
    everything, seen = await platform.everything(), await platform.id_of("SEEN")
    leaves = only(await target_of(platform, kind, tested), seen)
    user = platform.user(everything, only=[leaves])
    assert ["SEEN", "TEST-1"] == await platform.seen(user)
    narrowed = platform.user(everything, only=[leaves, only(seen)])
    found = await surfaces(platform, narrowed, tested, "TEST-1")
    assert set() == {name for name, visible in found.items() if visible}


async def test_an_only_rule_without_targets_leaves_nothing(platform: Platform) -> None:
    await assortment(platform)
    assert [] == await platform.seen(platform.user(await platform.everything(), only=[only()]))


@pytest.mark.parametrize("fields", [{"lifecycle": "discontinued"}, {"is_charge": True}])
async def test_what_is_not_sold_is_visible_to_nobody(platform: Platform, fields: dict[str, object]) -> None:
    tested = await assortment(platform)
    await platform.feed("products", {"external_id": "TEST-1", **fields})
    user = platform.user(await platform.everything(), also=[also(tested)])
    found = await surfaces(platform, user, tested, "TEST-1")
    assert set() == {name for name, visible in found.items() if visible}


async def test_a_product_only_named_so_far_is_visible_to_nobody(platform: Platform) -> None:
    await platform.product("OLD", superseded_by="COMING")
    user = platform.user(await platform.everything())
    assert ["OLD"] == await platform.seen(user)
    await platform.product("COMING")
    assert ["COMING", "OLD"] == await platform.seen(user)


async def test_a_successor_is_named_to_those_who_see_it(platform: Platform) -> None:
    new = await platform.product("NEW")
    old = await platform.product("OLD", superseded_by="NEW")
    everything = await platform.everything()
    for hide, named in (([], new), ([also(new)], None)):
        page = await platform.get(platform.user(everything, hide=hide), f"/internal/v1/products/{old}")
        assert named == page["superseded_by_id"]


async def test_categories_count_only_what_is_visible(platform: Platform) -> None:
    tested = await assortment(platform)
    everything = await platform.everything()
    found = await platform.get(platform.user(everything), "/internal/v1/categories")
    assert [("parent", 1), ("child", 1)] == [(item["code"], item["product_count"]) for item in found["items"]]
    hidden = platform.user(everything, hide=[also(tested)])
    assert [] == (await platform.get(hidden, "/internal/v1/categories"))["items"]


async def test_staff_is_told_why_and_the_reasons_agree_with_the_predicate(platform: Platform) -> None:
    tested = await assortment(platform)
    everything = await platform.everything()
    hide, narrow = also(tested), only(await platform.id_of("SEEN"))
    cases = [
        (platform.user(everything), True, set()),
        (platform.user(None), False, {"assortment"}),
        (platform.user(None, also=[also(tested)]), True, set()),
        (platform.user(everything, hide=[hide]), False, {"hide"}),
        (platform.user(everything, only=[narrow], hide=[hide]), False, {"only", "hide"}),
    ]
    for user, visible, against in cases:
        path = f"/admin/v1/products/{tested}/visibility"
        answer = (await platform.staff("GET", path, params={"user_id": user.id})).json()
        assert visible == answer["visible"]
        assert against == {check["check"] for check in answer["checks"] if not check["passes"]}
        assert visible == ("TEST-1" in await platform.seen(user))
    named = {check["rule_id"] for check in answer["checks"] if not check["passes"]}
    assert {hide["rule_id"], narrow["rule_id"]} == named
