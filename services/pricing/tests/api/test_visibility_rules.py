"""Visibility rules as an administrator keeps them."""

from typing import Any

from services.pricing.tests.support.states import ACCOUNT, PRODUCT, a_product
from services.pricing.tests.support.world import World

TRAIL = "/admin/v1/pricing-audit"
PATH = "/admin/v1/visibility-rules"
RULE: dict[str, Any] = {
    "effect": "hide",
    "owner_kind": "account",
    "owner_id": ACCOUNT,
    "targets": [{"target": "product", "id": PRODUCT}],
}


async def test_a_rule_is_made_read_changed_and_removed_with_an_audit_row_each(world: World) -> None:
    headers = world.staff()
    made = await world.client.post(PATH, json=RULE | {"note": "recall"}, headers=headers)
    assert (201, made.headers["location"]) == (made.status_code, f"{PATH}/{made.json()['id']}")
    where = made.headers["location"]
    read = await world.client.get(where, headers=headers)
    assert (made.json(), made.headers["etag"]) == (read.json(), read.headers["etag"])
    changed = await world.client.patch(
        where, json={"effect": "also", "note": ""}, headers=headers | {"If-Match": read.headers["etag"]}
    )
    assert ("also", None) == (changed.json()["effect"], changed.json()["note"])
    removed = await world.client.delete(where, headers=headers | {"If-Match": changed.headers["etag"]})
    assert 204 == removed.status_code
    assert 404 == (await world.client.get(where, headers=headers)).status_code
    rows = await _trail(world, object_id=made.json()["id"])
    assert ["visibility_rule.removed", "visibility_rule.changed", "visibility_rule.created"] == [
        row["action"] for row in rows
    ]
    assert ("hide", "also") == (rows[1]["before"]["effect"], rows[1]["after"]["effect"])


async def test_the_trail_is_read_page_by_page_by_who_may(world: World) -> None:
    made = [(await world.client.post(PATH, json=RULE, headers=world.staff())).json()["id"] for _ in range(3)]
    assert made[::-1] == [row["object_id"] for row in await _trail(world, object_kind="visibility_rule")]
    headers = world.staff(["audit:read"])
    first = await world.client.get(TRAIL, params={"limit": "2"}, headers=headers)
    rest = await world.client.get(
        TRAIL, params={"limit": "2", "cursor": first.json()["next_cursor"]}, headers=headers
    )
    shown = [row["object_id"] for row in first.json()["items"] + rest.json()["items"]]
    assert made[::-1] == shown
    assert 403 == (await world.client.get(TRAIL, headers=world.staff())).status_code


async def _trail(world: World, **filters: str) -> list[dict[str, Any]]:
    answer = await world.client.get(TRAIL, params=filters, headers=world.staff(["audit:read"]))
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_a_change_must_name_the_version_it_is_based_on(world: World) -> None:
    made = await world.client.post(PATH, json=RULE, headers=world.staff())
    where = made.headers["location"]
    without = await world.client.patch(where, json={"effect": "also"}, headers=world.staff())
    stale = await world.client.patch(
        where, json={"effect": "also"}, headers=world.staff() | {"If-Match": '"1"'}
    )
    assert (428, 412) == (without.status_code, stale.status_code)


async def test_a_target_nobody_knows_is_kept_and_said_to_be_unknown(world: World) -> None:
    made = await world.client.post(PATH, json=RULE, headers=world.staff())
    assert [False] == [target["known"] for target in made.json()["targets"]]
    await world.hear("catalog.product", (PRODUCT, 1, a_product()))
    read = await world.client.get(made.headers["location"], headers=world.staff())
    assert [True] == [target["known"] for target in read.json()["targets"]]


async def test_rules_are_listed_page_by_page_under_their_filters(world: World) -> None:
    for number in range(5):
        owner = {"owner_kind": "customer_group", "owner_id": f"G{number % 2}"}
        assert 201 == (await world.client.post(PATH, json=RULE | owner, headers=world.staff())).status_code
    first = await world.client.get(PATH, params={"owner_id": "G0", "limit": "2"}, headers=world.staff())
    cursor = first.json()["next_cursor"]
    second = await world.client.get(
        PATH, params={"owner_id": "G0", "limit": "2", "cursor": cursor}, headers=world.staff()
    )
    assert (2, 1, None) == (
        len(first.json()["items"]),
        len(second.json()["items"]),
        second.json()["next_cursor"],
    )
    wrong = await world.client.get(PATH, params={"owner_id": "G1", "cursor": cursor}, headers=world.staff())
    assert (400, "cursor_invalid") == (wrong.status_code, wrong.json()["code"])


async def test_an_account_is_named_by_its_id_and_unknown_fields_are_refused(world: World) -> None:
    wrong = await world.client.post(PATH, json=RULE | {"owner_id": "12355"}, headers=world.staff())
    assert (422, "owner_not_an_id") == (wrong.status_code, wrong.json()["code"])
    extra = await world.client.post(PATH, json=RULE | {"priority": 1}, headers=world.staff())
    assert (422, "unknown_field") == (extra.status_code, extra.json()["errors"][0]["code"])
    empty = await world.client.post(PATH, json=RULE | {"targets": []}, headers=world.staff())
    assert 422 == empty.status_code
