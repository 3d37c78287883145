"""Import runs of accounts, applied by the feed worker."""

import asyncio
from typing import Any

import orjson
import pytest

from services.accounts.tests.support.people import an_account, revoked
from services.accounts.tests.support.platform import Platform


async def imported(
    platform: Platform, token: str, resource: str, mode: str, rows: list[dict[str, Any]]
) -> dict[str, Any]:
    """The run after the worker has done with it."""
    body = b"\n".join(orjson.dumps(row) for row in rows)
    made = await platform.as_(
        token,
        "POST",
        f"/integration/v1/{resource}/imports",
        params={"mode": mode},
        content=body,
        headers={"Content-Type": "application/x-ndjson"},
    )
    assert made.status_code == 202, made.text
    worker = platform.wiring.feeds.worker()
    while await worker.step(asyncio.Event()):
        continue
    run: dict[str, Any] = (await platform.as_(token, "GET", made.headers["Location"])).json()
    return run


async def test_a_full_run_discontinues_what_it_does_not_name_and_tells_every_change(
    platform: Platform,
) -> None:
    token = await platform.machine("accounts:feed")
    rows = [{"external_id": f"C{number}", "currency": "EUR"} for number in range(5)]
    first = await imported(platform, token, "accounts", "full", rows)
    assert ("done", 5) == (first["state"], first["counts"]["created"])
    gone = (await platform.events("accounts.account"))[0]["payload"]
    rows[1]["customer_group"] = "TRADE"
    second = await imported(platform, token, "accounts", "full", rows[1:])
    assert ("done", 1, 1, 3) == (
        second["state"], *(second["counts"][name] for name in ("updated", "discontinued", "unchanged"))
    )  # fmt: skip
    told = [event["payload"] for event in await platform.events("accounts.account")][5:]
    assert [("C1", "TRADE")] == [
        (state["external_id"], state["customer_group"]) for state in told if "deleted" not in state
    ]
    assert [{"id": gone["id"], "deleted": True}] == [state for state in told if "deleted" in state]
    assert [f"account:{gone['id']}"] == await revoked(platform)


async def test_a_full_run_of_addresses_leaves_only_those_it_names(platform: Platform) -> None:
    token = await platform.machine("accounts:feed")
    account = await an_account(platform, token, "C1")
    rows = [{"external_id": key, "account": "C1", "city": key} for key in ("Riga", "Oslo")]
    await imported(platform, token, "addresses", "full", rows)
    await imported(platform, token, "addresses", "full", rows[1:])
    shown = (await platform.staff("GET", f"/admin/v1/accounts/{account}")).json()
    assert ["Oslo"] == [address["city"] for address in shown["addresses"]]


async def test_a_preview_of_users_says_what_would_happen_and_leaves_no_login(platform: Platform) -> None:
    token = await platform.machine("accounts:feed", "users:feed")
    await an_account(platform, token, "C1")
    row = {"external_id": "u1", "account": "C1", "email": "jo@example.com", "role": "buyer"}
    run = await imported(platform, token, "users", "preview", [row])
    assert ("done", 1) == (run["state"], run["counts"]["created"])
    assert [] == (await platform.staff("GET", "/admin/v1/users")).json()["items"]
    async with platform.wiring.database.read() as reader:
        assert await platform.wiring.stores.logins.by_email(reader, "jo@example.com") is None


@pytest.mark.parametrize("resource", ["accounts", "addresses", "users"])
async def test_import_profiles_are_listed_beside_the_objects_they_are_for(
    platform: Platform, resource: str
) -> None:
    path = f"/admin/v1/{resource}/import-profiles"
    made = await platform.staff("POST", path, json={"name": "Nightly", "settings": {"format": "csv"}})
    listed = await platform.staff("GET", path)
    assert [made.json()["id"]] == [profile["id"] for profile in listed.json()]
