"""The digital layer: texts, attributes, relations, completeness; concurrent edits and the audit trail."""

import asyncio
from typing import Any

import pytest

from services.catalog.tests.support.platform import Platform

NOWHERE = "00000000-0000-0000-0000-000000000000"


async def attribute(platform: Platform, code: str, kind: str, **fields: Any) -> str:
    return await platform.make("/admin/v1/attributes", code=code, names={}, type=kind, **fields)


async def change(platform: Platform, product_id: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    path = f"/admin/v1/products/{product_id}"
    etag = (await platform.staff("GET", path)).headers["ETag"]
    answer = await platform.staff("PATCH", path, json=body, headers={"If-Match": etag})
    return answer.status_code, answer.json()


async def test_a_change_needs_the_version_it_is_based_on(platform: Platform) -> None:
    path = f"/admin/v1/products/{await platform.product('A')}"
    etag = (await platform.staff("GET", path)).headers["ETag"]
    body = {"texts": {"en": {"title": "One"}}}
    assert 428 == (await platform.staff("PATCH", path, json=body)).status_code
    first = await platform.staff("PATCH", path, json=body, headers={"If-Match": etag})
    assert 200 == first.status_code
    stale = await platform.staff("PATCH", path, json=body, headers={"If-Match": etag})
    assert (412, "version_conflict") == (stale.status_code, stale.json()["code"])
    again = await platform.staff("PATCH", path, json=body, headers={"If-Match": first.headers["ETag"]})
    assert 200 == again.status_code


async def test_an_import_in_between_is_no_conflict_for_who_edits_texts(platform: Platform) -> None:
    path = f"/admin/v1/products/{await platform.product('A')}"
    etag = (await platform.staff("GET", path)).headers["ETag"]
    await platform.product("A", tax_group="HIGH")
    body = {"texts": {"en": {"title": "One"}}}
    assert 200 == (await platform.staff("PATCH", path, json=body, headers={"If-Match": etag})).status_code


async def test_absent_parts_stay_and_given_parts_are_replaced_whole(platform: Platform) -> None:
    product_id, other = await platform.product("A"), await platform.product("B")
    media = [{"kind": "image", "url": "https://example.com/a.jpg", "names": {}}]
    relations = [{"type": "accessory", "target_id": other}]
    await change(platform, product_id, {"media": media, "relations": relations})
    status, found = await change(platform, product_id, {"relations": []})
    assert (200, media, []) == (status, found["media"], found["relations"])


VALUES = [
    ("number", {}, ["12.50"], ["12.5"]),
    ("number", {}, ["twelve"], None),
    ("number", {}, ["1", "2"], None),
    ("boolean", {}, ["true"], ["true"]),
    ("boolean", {}, ["yes"], None),
    ("date", {}, ["2026-02-28"], ["2026-02-28"]),
    ("date", {}, ["2026-02-30"], None),
    ("text", {}, ["anything"], ["anything"]),
    ("option", {"options": [{"code": "red", "names": {}}]}, ["red"], ["red"]),
    ("option", {"options": [{"code": "red", "names": {}}]}, ["blue"], None),
    (
        "multi_option",
        {"options": [{"code": "a", "names": {}}, {"code": "b", "names": {}}]},
        ["b", "a"],
        ["b", "a"],
    ),
]


@pytest.mark.parametrize(("kind", "fields", "values", "kept"), VALUES)
async def test_values_fit_the_type_of_their_attribute_or_are_refused(
    platform: Platform, kind: str, fields: dict[str, Any], values: list[str], kept: list[str] | None
) -> None:
    await attribute(platform, "tested", kind, **fields)
    product_id = await platform.product("A")
    body = {"attributes": [{"attribute": "tested", "values": values}]}
    status, answer = await change(platform, product_id, body)
    if kept is None:
        assert (422, "attribute_value_refused") == (status, answer["code"])
        assert "/attributes/0" == answer["errors"][0]["pointer"]
    else:
        assert (200, kept) == (status, answer["attributes"][0]["values"])


@pytest.mark.parametrize(
    "body",
    [
        {"family_id": NOWHERE},
        {"category_ids": [NOWHERE]},
        {"relations": [{"type": "accessory", "target_id": NOWHERE}]},
        {"attributes": [{"attribute": "nothing", "values": ["x"]}]},
    ],
)
async def test_what_does_not_exist_cannot_be_referred_to(platform: Platform, body: dict[str, Any]) -> None:
    status, answer = await change(platform, await platform.product("A"), body)
    assert (422, "unknown_reference") == (status, answer["code"])


async def test_a_media_link_is_a_web_address(platform: Platform) -> None:
    body = {"media": [{"kind": "image", "url": "javascript:alert(1)"}]}
    status, answer = await change(platform, await platform.product("A"), body)
    assert (422, "validation_failed") == (status, answer["code"])


async def family(platform: Platform) -> str:
    await attribute(platform, "watt", "number")
    await attribute(platform, "care", "text", localized=True)
    requirements = [
        {"channel": "webshop", "locale": "nl", "field": "title"},
        {"channel": "webshop", "locale": "", "field": "image"},
        {"channel": "webshop", "locale": "nl", "field": "care"},
        {"channel": "print", "locale": "", "field": "watt"},
    ]
    return await platform.make("/admin/v1/families", code="lamp", names={}, requirements=requirements)


async def test_completeness_names_the_missing_fields_and_is_published(platform: Platform) -> None:
    family_id, product_id = await family(platform), await platform.product("A")
    await change(platform, product_id, {"family_id": family_id, "texts": {"nl": {"title": "Lamp"}}})
    path = f"/admin/v1/products/{product_id}/completeness"
    found = {entry["channel"]: entry for entry in (await platform.staff("GET", path)).json()["channels"]}
    assert (33, 0) == (found["webshop"]["percent"], found["print"]["percent"])
    missing = [(entry["field"], entry["locale"]) for entry in found["webshop"]["missing"]]
    assert [("image", ""), ("care", "nl")] == missing
    told = (await platform.events("catalog.product"))[-1]["payload"]
    assert {"print": 0, "webshop": 33} == told["completeness"]
    filled = {
        "attributes": [
            {"attribute": "care", "locale": "nl", "values": ["Afnemen"]},
            {"attribute": "watt", "values": ["5"]},
        ],
        "media": [{"kind": "image", "url": "https://example.com/a.jpg"}],
    }
    await change(platform, product_id, filled)
    told = (await platform.events("catalog.product"))[-1]["payload"]
    assert {"print": 100, "webshop": 100} == told["completeness"]


async def test_a_family_that_demands_more_changes_the_completeness_of_its_products(
    platform: Platform,
) -> None:
    family_id, product_id = await family(platform), await platform.product("A")
    await change(platform, product_id, {"family_id": family_id})
    body = {"requirements": [{"channel": "webshop", "field": "description"}]}
    await platform.change(f"/admin/v1/families/{family_id}", body)
    told = (await platform.events("catalog.product"))[-1]["payload"]
    assert {"webshop": 0} == told["completeness"]
    etag = (await platform.staff("GET", f"/admin/v1/families/{family_id}")).headers["ETag"]
    gone = await platform.staff("DELETE", f"/admin/v1/families/{family_id}", headers={"If-Match": etag})
    assert (409, "in_use") == (gone.status_code, gone.json()["code"])


async def test_an_option_somebody_uses_cannot_be_taken_away(platform: Platform) -> None:
    options: list[dict[str, Any]] = [{"code": code, "names": {}} for code in ("red", "blue")]
    attribute_id = await attribute(platform, "colour", "option", options=options)
    product_id = await platform.product("A")
    await change(platform, product_id, {"attributes": [{"attribute": "colour", "values": ["red"]}]})
    path = f"/admin/v1/attributes/{attribute_id}"
    etag = (await platform.staff("GET", path)).headers["ETag"]
    taken = await platform.staff("PATCH", path, json={"options": [options[1]]}, headers={"If-Match": etag})
    assert (409, "in_use") == (taken.status_code, taken.json()["code"])
    left = await platform.change(path, {"options": [options[0]]})
    assert ["red"] == [option["code"] for option in left["options"]]
    etag = (await platform.staff("GET", path)).headers["ETag"]
    gone = await platform.staff("DELETE", path, headers={"If-Match": etag})
    assert (409, "in_use") == (gone.status_code, gone.json()["code"])


async def test_every_change_by_staff_is_in_the_audit_trail_with_before_and_after(platform: Platform) -> None:
    product_id = await platform.product("A")
    await change(platform, product_id, {"texts": {"en": {"title": "One"}}})
    await change(platform, product_id, {"texts": {"en": {"title": "Two"}}})
    found = await platform.staff("GET", "/admin/v1/catalog-audit", params={"object_id": product_id})
    last, first = found.json()["items"]
    assert ("staff-1", "product.described") == (last["subject"], last["action"])
    titles = [entry["texts"].get("en", {}).get("title") for entry in (last["before"], last["after"])]
    assert ["One", "Two"] == titles
    assert {} == first["before"]["texts"]


async def test_staff_without_the_permission_changes_nothing(platform: Platform) -> None:
    product_id = await platform.product("A")
    user = platform.user(None)
    for method in ("GET", "PATCH"):
        answer = await platform.as_(user.token, method, f"/admin/v1/products/{product_id}", json={})
        assert (403, "permission_denied") == (answer.status_code, answer.json()["code"])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("attributes", {"type": "text", "names": {}}),
        ("category-trees", {"names": {}}),
        ("catalogues", {"name": "One"}),
        ("families", {"names": {}}),
    ],
)
async def test_of_many_who_take_a_code_at_once_one_gets_it(
    platform: Platform, path: str, body: dict[str, Any]
) -> None:
    posts = [platform.staff("POST", f"/admin/v1/{path}", json={"code": "one", **body}) for _ in range(8)]
    answers = await asyncio.gather(*posts)
    assert [201] + 7 * [409] == sorted(answer.status_code for answer in answers)


async def test_an_option_stands_in_its_attribute_once(platform: Platform) -> None:
    twice = [{"code": "red", "names": {}}] * 2
    body = {"code": "colour", "names": {}, "type": "option", "options": twice}
    answer = await platform.staff("POST", "/admin/v1/attributes", json=body)
    assert (422, "/options") == (answer.status_code, answer.json()["errors"][0]["pointer"])
