"""Roles over HTTP."""

from sqlalchemy import func, select

from accounts.tables import idempotency_key
from services.accounts.tests.support.people import a_channel, a_user, an_account
from services.accounts.tests.support.platform import Platform

NEW = {
    "code": "night_buyer",
    "kind": "user",
    "name": "Night buyer",
    "permissions": ["products:read", "orders:place"],
}


async def test_a_role_is_made_read_changed_and_removed_with_audit_and_events(platform: Platform) -> None:
    made = await platform.staff("POST", "/admin/v1/roles", json=NEW)
    assert made.status_code == 201
    path = made.headers["Location"]
    changed = await platform.staff(
        "PATCH", path, json={"name": "Buyer by night"}, headers={"If-Match": made.headers["ETag"]}
    )
    assert "Buyer by night" == changed.json()["name"]
    removed = await platform.staff("DELETE", path, headers={"If-Match": changed.headers["ETag"]})
    assert removed.status_code == 204
    assert (await platform.staff("GET", path)).status_code == 404

    trail = (await platform.staff("GET", "/admin/v1/audit", params={"object_id": made.json()["id"]})).json()
    assert ["role.removed", "role.changed", "role.created"] == [entry["action"] for entry in trail["items"]]
    told = [event for event in await platform.events("accounts.role") if event["key"] == made.json()["id"]]
    assert [False, False, True] == [event["payload"].get("deleted", False) for event in told]
    assert sorted(event["version"] for event in told) == [event["version"] for event in told]


async def test_a_change_must_name_the_version_it_is_based_on(platform: Platform) -> None:
    made = await platform.staff("POST", "/admin/v1/roles", json=NEW)
    path = made.headers["Location"]
    missing = await platform.staff("PATCH", path, json={"name": "x"})
    stale = await platform.staff("PATCH", path, json={"name": "x"}, headers={"If-Match": '"1"'})
    assert (428, "if_match_required") == (missing.status_code, missing.json()["code"])
    assert (412, "version_conflict") == (stale.status_code, stale.json()["code"])


async def test_unknown_permissions_and_taken_codes_are_refused(platform: Platform) -> None:
    unknown = await platform.staff("POST", "/admin/v1/roles", json=NEW | {"permissions": ["everything"]})
    taken = await platform.staff("POST", "/admin/v1/roles", json=NEW | {"code": "buyer"})
    assert (422, "unknown_permission") == (unknown.status_code, unknown.json()["code"])
    assert (409, "code_taken") == (taken.status_code, taken.json()["code"])


async def test_taking_a_permission_from_a_role_ends_the_tokens_of_its_holders(platform: Platform) -> None:
    roles = (await platform.staff("GET", "/admin/v1/roles", params={"kind": "user"})).json()["items"]
    buyer = next(role for role in roles if role["code"] == "buyer")
    path = f"/admin/v1/roles/{buyer['id']}"
    etag = (await platform.staff("GET", path)).headers["ETag"]
    fewer = [name for name in buyer["permissions"] if name != "orders:place"]
    await platform.staff("PATCH", path, json={"permissions": fewer}, headers={"If-Match": etag})
    assert [f"role:{buyer['id']}"] == [event["key"] for event in await platform.events("accounts.revocation")]


async def test_a_role_somebody_has_stays(platform: Platform) -> None:
    token = await platform.machine("accounts:feed")
    await a_channel(platform)
    user = await a_user(platform, await an_account(platform, token, "C1"), "one@example.com")
    shown = (await platform.staff("GET", f"/admin/v1/users/{user.id}")).json()
    path = f"/admin/v1/roles/{shown['role_id']}"
    etag = (await platform.staff("GET", path)).headers["ETag"]
    answer = await platform.staff("DELETE", path, headers={"If-Match": etag})
    assert (409, "role_in_use") == (answer.status_code, answer.json()["code"])


async def test_pages_of_roles_follow_each_other_without_gap_or_repeat(platform: Platform) -> None:
    seen: list[str] = []
    cursor = None
    while True:
        params = {"limit": 4} | ({"cursor": cursor} if cursor else {})
        page = (await platform.staff("GET", "/admin/v1/roles", params=params)).json()
        seen += [role["id"] for role in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert 11 == len(seen) == len(set(seen))


async def test_a_repeat_under_the_same_key_makes_no_second_role(platform: Platform) -> None:
    key = {"Idempotency-Key": "one"}
    made, again = [await platform.staff("POST", "/admin/v1/roles", json=NEW, headers=key) for _ in range(2)]
    assert (201, made.content, made.headers["ETag"]) == (
        again.status_code,
        again.content,
        again.headers["ETag"],
    )
    other = await platform.staff("POST", "/admin/v1/roles", json=NEW | {"code": "x"}, headers=key)
    assert (422, "idempotency_key_reused") == (other.status_code, other.json()["code"])


async def test_a_secret_is_kept_under_no_key(platform: Platform) -> None:
    body = {"code": "shop-2", "name": "Shop", "origins": [], "confidential": True}
    key = {"Idempotency-Key": "one"}
    made, again = [
        await platform.staff("POST", "/admin/v1/channels", json=body, headers=key) for _ in range(2)
    ]
    assert (201, 409) == (made.status_code, again.status_code)
    async with platform.wiring.database.read() as reader:
        assert 0 == await reader.scalar(select(func.count()).select_from(idempotency_key))
