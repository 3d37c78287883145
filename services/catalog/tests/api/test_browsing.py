"""What a channel reads: lists, facets, details, languages, stock."""

from typing import Any

import pytest

from services.catalog.tests.support.platform import Platform, User


async def everyone(platform: Platform, **options: Any) -> User:
    return platform.user(await platform.everything(), **options)


@pytest.mark.parametrize("sort", ["external_id", "title", "newest", "relevance"])
async def test_pages_hold_every_product_once_in_every_sort(platform: Platform, sort: str) -> None:
    rows = [
        {"external_id": f"S{number:02}", "description": f"Thing {number % 3}", "base_unit": "PCS"}
        for number in range(23)
    ]
    await platform.feed("products", *rows)
    user = await everyone(platform)
    query = {"sort": sort, "limit": 5} | ({"q": "thing"} if sort == "relevance" else {})
    whole = await platform.seen(user, **(query | {"limit": 200}))
    paged: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await platform.get(user, "/internal/v1/products", **query, **cursor)
        paged += [item["external_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert whole == paged
    assert {f"S{number:02}" for number in range(23)} == set(paged)
    assert 23 == len(paged)


async def test_skus_that_differ_by_case_or_blanks_are_different_products(platform: Platform) -> None:
    for sku in ("ab", "AB", " AB", "AB "):
        await platform.product(sku)
    assert 4 == len(set(await platform.seen(await everyone(platform))))


async def shelf(platform: Platform) -> None:
    """Six lamps: colour, watt and a size per language."""
    await platform.make(
        "/admin/v1/attributes", code="colour", names={"en": "Colour", "nl": "Kleur"}, type="multi_option",
        facet=True, options=[{"code": c, "names": {"en": c.title()}} for c in ("red", "blue", "green")],
    )  # fmt: skip
    await platform.make("/admin/v1/attributes", code="watt", names={}, type="number", unit="W", facet=True)
    await platform.make("/admin/v1/attributes", code="secret", names={}, type="text", facet=False)
    lamps = [("L1", ["red"], 5), ("L2", ["red", "blue"], 10), ("L3", ["blue"], 20), ("L4", ["green"], 40)]
    for sku, colours, watt in lamps:
        product_id = await platform.product(sku)
        attributes = [
            {"attribute": "colour", "values": colours},
            {"attribute": "watt", "values": [f"{watt}.50"]},
            {"attribute": "secret", "values": ["x"]},
        ]
        await platform.change(f"/admin/v1/products/{product_id}", {"attributes": attributes})


def counts(answer: dict[str, Any], code: str) -> dict[str, int]:
    facet = next(facet for facet in answer["facets"] if facet["code"] == code)
    return {value["value"]: value["count"] for value in facet["values"]}


async def test_a_facet_does_not_filter_itself_but_the_others(platform: Platform) -> None:
    await shelf(platform)
    user = await everyone(platform)
    params = {"attribute": ["colour:red", "watt:..15"], "include": "facets,total"}
    answer = await platform.get(user, "/internal/v1/products", **params)
    assert ["L1", "L2"] == [item["external_id"] for item in answer["items"]]
    assert 2 == answer["total"]
    assert {"red": 2, "blue": 1} == counts(answer, "colour")
    watt = next(facet for facet in answer["facets"] if facet["code"] == "watt")
    assert ("5.5", "10.5", "W") == (watt["min"], watt["max"], watt["unit"])
    assert {"colour", "watt"} == {facet["code"] for facet in answer["facets"]}


async def test_one_attribute_repeated_means_or_and_two_attributes_mean_and(platform: Platform) -> None:
    await shelf(platform)
    user = await everyone(platform)
    assert ["L1", "L2", "L4"] == await platform.seen(user, attribute=["colour:red", "colour:green"])
    assert ["L2"] == await platform.seen(user, attribute=["colour:red", "watt:10..20"])
    assert ["L3", "L4"] == await platform.seen(user, attribute=["watt:20.."])


@pytest.mark.parametrize("wrong", ["colour", ":red", "colour:", "a" * 301 + ":x"])
async def test_a_filter_that_cannot_be_read_is_422(platform: Platform, wrong: str) -> None:
    user = await everyone(platform)
    answer = await platform.as_(user.token, "GET", "/internal/v1/products", params={"attribute": wrong})
    assert (422, "filter_invalid") == (answer.status_code, answer.json()["code"])


@pytest.mark.parametrize(
    "params",
    [{"q": "\x00"}, {"cursor": "x"}, {"limit": "0"}, {"limit": "201"}, {"id": "1"}, {"sort": "price"},
     {"include": "everything"}, {"locale": "no such"}, {"category_id": "'; DROP TABLE product"}],
)  # fmt: skip
async def test_hostile_parameters_are_refused_and_never_a_500(
    platform: Platform, params: dict[str, str]
) -> None:
    user = await everyone(platform)
    answer = await platform.as_(user.token, "GET", "/internal/v1/products", params=params)
    assert answer.status_code in (400, 422), answer.text


@pytest.mark.parametrize(
    "text", ["'", '"', "\\", "a'b:*", "!!!", "& | !", "%", "()", "<->", "ü" * 200, "of the"]
)
async def test_any_text_can_be_searched_for(platform: Platform, text: str) -> None:
    await platform.product("A", description="A hat of the king")
    user = await everyone(platform)
    assert await platform.seen(user, q=text) in ([], ["A"])
    await platform.get(user, "/internal/v1/suggestions", q=text)


async def test_stock_is_told_only_to_those_who_may_see_it(platform: Platform) -> None:
    product_id = await platform.product("A")
    row = {"product": "A", "quantity": "7.5", "as_of": "2026-03-01T10:00:00+01:00"}
    await platform.feed("stock", row, row | {"location": "B", "quantity": "-2", "as_of": None})
    everything = await platform.everything()
    sees = platform.user(everything)
    wanted = {"id": product_id, "include": "availability"}
    item = (await platform.get(sees, "/internal/v1/products", **wanted))["items"][0]
    told = {"quantity": "5.5", "unit": "PCS", "as_of": "2026-03-01T09:00:00Z"}
    assert told == item["availability"]
    blind = platform.user(everything, may={"products:read"})
    assert "availability" not in (await platform.get(blind, "/internal/v1/products", **wanted))["items"][0]
    detail = await platform.get(blind, f"/internal/v1/products/{product_id}", include="availability")
    assert "availability" not in detail


async def test_texts_come_in_the_callers_language_and_the_answer_says_which(platform: Platform) -> None:
    product_id = await platform.product("A", description="ERP NAME")
    texts = {"en": {"title": "Lamp", "description": "A lamp"}, "nl": {"title": "Lampje"}}
    await platform.change(f"/admin/v1/products/{product_id}", {"texts": texts})
    user = await everyone(platform)
    path = f"/internal/v1/products/{product_id}"
    dutch = await platform.as_(user.token, "GET", path, headers={"Accept-Language": "nl-BE, en;q=0.5"})
    assert ("Lampje", "A lamp", "nl") == (
        dutch.json()["title"], dutch.json()["description"], dutch.headers["Content-Language"]
    )  # fmt: skip
    english = await platform.as_(user.token, "GET", path, params={"locale": "en"})
    assert ("Lamp", "en") == (english.json()["title"], english.headers["Content-Language"])
    other = await platform.product("B", description="ERP NAME")
    assert "ERP NAME" == (await platform.get(user, f"/internal/v1/products/{other}"))["title"]


async def test_a_products_page_has_everything_asked_for(platform: Platform) -> None:
    await shelf(platform)
    product_id, other = await platform.id_of("L1"), await platform.id_of("L2")
    content = {
        "media": [{"kind": "image", "url": "https://example.com/1.jpg", "names": {"en": "Front"}}],
        "relations": [{"type": "alternative", "target_id": other}],
    }
    await platform.change(f"/admin/v1/products/{product_id}", content)
    user = await everyone(platform)
    include = "variants,relations,media,availability"
    found = await platform.get(user, f"/internal/v1/products/{product_id}", include=include)
    assert "https://example.com/1.jpg" == found["image"] == found["media"][0]["url"]
    assert [("alternative", "L2")] == [
        (entry["type"], entry["product"]["external_id"]) for entry in found["relations"]
    ]
    assert {"colour", "watt", "secret"} == {entry["code"] for entry in found["attributes"]}
    colour = next(entry for entry in found["attributes"] if entry["code"] == "colour")
    assert [{"value": "red", "label": "Red"}] == colour["values"]


async def test_a_category_holds_what_is_below_it(platform: Platform) -> None:
    tree = await platform.make("/admin/v1/category-trees", code="main", names={})
    top = await platform.make("/admin/v1/categories", tree_id=tree, code="top", names={})
    below = await platform.make("/admin/v1/categories", tree_id=tree, code="below", names={}, parent_id=top)
    product_id = await platform.product("A")
    await platform.product("B")
    await platform.change(f"/admin/v1/products/{product_id}", {"category_ids": [below]})
    user = await everyone(platform)
    assert ["A"] == await platform.seen(user, category_id=top)
    assert ["A"] == await platform.seen(user, category_id=below)


async def test_nobody_reads_without_the_permission(platform: Platform) -> None:
    user = await everyone(platform, may={"prices:read"})
    answer = await platform.as_(user.token, "GET", "/internal/v1/products")
    assert (403, "permission_denied") == (answer.status_code, answer.json()["code"])
    assert 401 == (await platform.http.get("/internal/v1/products")).status_code
