"""What an ERP feeds, in whatever order."""

import asyncio

import pytest

from services.accounts.tests.support.people import (
    a_channel,
    a_user,
    an_account,
    change,
    feed,
    link_of,
    log_in,
    revoked,
)
from services.accounts.tests.support.platform import PASSWORD, Platform

USER = {"external_id": "u1", "account": "C1", "email": "Jo@Example.com", "role": "buyer"}


async def test_a_user_before_its_account_waits_and_belongs_to_it_when_it_comes(platform: Platform) -> None:
    token = await platform.machine("accounts:feed", "users:feed")
    early = await feed(platform, token, "users", USER)
    waits_for = {"pointer": "/account", "source": "erp", "external_id": "C1"}
    assert [waits_for] == early["results"][0]["unresolved"]
    assert [] == await platform.events("accounts.user")
    account_id = await an_account(platform, token, "C1")
    told = await platform.events("accounts.user")
    assert [account_id] == [event["payload"]["account_id"] for event in told]


async def test_feeding_the_same_twice_changes_nothing_and_says_nothing(platform: Platform) -> None:
    token = await platform.machine("accounts:feed", "users:feed")
    await an_account(platform, token, "C1", customer_group="RETAIL")
    await feed(platform, token, "users", USER)
    before = len(await platform.events("accounts.account")), len(await platform.events("accounts.user"))
    again = await feed(
        platform, token, "accounts", {"external_id": "C1", "currency": "EUR", "customer_group": "RETAIL"}
    )
    assert "unchanged" == again["results"][0]["status"]
    assert "unchanged" == (await feed(platform, token, "users", USER))["results"][0]["status"]
    after = len(await platform.events("accounts.account")), len(await platform.events("accounts.user"))
    assert before == after


async def test_a_name_is_no_published_field_so_its_change_is_no_event(platform: Platform) -> None:
    token = await platform.machine("accounts:feed")
    await an_account(platform, token, "C1", name="Old")
    await feed(platform, token, "accounts", {"external_id": "C1", "name": "New"})
    assert 1 == len(await platform.events("accounts.account"))
    assert "New" not in str([event["payload"] for event in await platform.events("accounts.account")])


async def test_a_login_is_one_user_of_an_account_whoever_keeps_it(platform: Platform) -> None:
    token = await platform.machine("accounts:feed", "users:feed")
    await an_account(platform, token, "C1")
    answer = await feed(
        platform, token, "users", USER, USER | {"external_id": "u2", "email": "jo@example.com"}
    )
    assert ["created", "rejected"] == [result["status"] for result in answer["results"]]
    assert "user_exists" == answer["results"][1]["errors"][0]["code"]


async def test_the_platform_does_not_change_a_user_the_erp_keeps(platform: Platform) -> None:
    token = await platform.machine("accounts:feed", "users:feed")
    await an_account(platform, token, "C1")
    await feed(platform, token, "users", USER)
    user = (await platform.staff("GET", "/admin/v1/users")).json()["items"][0]
    found = await platform.staff("GET", f"/admin/v1/users/{user['id']}")
    answer = await platform.staff(
        "PATCH",
        f"/admin/v1/users/{user['id']}",
        json={"sees_prices": False},
        headers={"If-Match": found.headers["ETag"]},
    )
    assert (409, "managed_by_erp") == (answer.status_code, answer.json()["code"])


async def test_an_erp_block_of_access_shuts_the_users_out(platform: Platform) -> None:
    token = await platform.machine("accounts:feed")
    account_id = await an_account(platform, token, "C1")
    await feed(platform, token, "accounts", {"external_id": "C1", "block": "access"})
    assert "access" == (await platform.events("accounts.account"))[-1]["payload"]["block"]
    assert [f"account:{account_id}"] == [
        event["key"] for event in await platform.events("accounts.revocation")
    ]


async def test_a_client_without_the_scope_feeds_nothing(platform: Platform) -> None:
    token = await platform.machine("prices:feed")
    answer = await platform.as_(token, "POST", "/integration/v1/accounts", json={"items": []})
    assert (403, "permission_denied") == (answer.status_code, answer.json()["code"])


@pytest.mark.parametrize("email", ["jo", "jo@", "@example.com", "jo@example", "a b@example.com", "a,b@x.com"])
async def test_a_row_whose_mail_address_is_none_is_rejected_alone_and_makes_no_login(
    platform: Platform, email: str
) -> None:
    token = await platform.machine("accounts:feed", "users:feed")
    await an_account(platform, token, "C1")
    answer = await feed(
        platform, token, "users", USER | {"email": email}, USER | {"external_id": "u2", "role": "nothing"}
    )
    assert ["invalid_mail_address", "unknown_role"] == [
        result["errors"][0]["code"] for result in answer["results"]
    ]
    assert "created" == (await feed(platform, token, "users", USER))["results"][0]["status"]
    users = (await platform.staff("GET", "/admin/v1/users")).json()["items"]
    assert ["jo@example.com"] == [user["email"] for user in users]


async def test_a_mail_address_is_one_however_it_is_written(platform: Platform) -> None:
    token = await platform.machine("accounts:feed", "users:feed")
    await an_account(platform, token, "C1")
    await an_account(platform, token, "C2")
    await feed(platform, token, "users", USER | {"email": " JO@example.COM "})
    await feed(platform, token, "users", {**USER, "external_id": "u2", "account": "C2"})
    users = (await platform.staff("GET", "/admin/v1/users")).json()["items"]
    assert 1 == len({user["login_id"] for user in users})
    assert {"jo@example.com"} == {user["email"] for user in users}


async def test_who_the_erp_takes_away_is_told_as_gone_and_out(platform: Platform) -> None:
    token = await platform.machine("accounts:feed", "users:feed")
    await a_channel(platform)
    await an_account(platform, token, "C1")
    await feed(platform, token, "users", USER)
    (user,) = (await platform.staff("GET", "/admin/v1/users")).json()["items"]
    await platform.staff("POST", "/admin/v1/users/send-invitations", json={"user_ids": [user["id"]]})
    body = {"token": await link_of(platform, "jo@example.com"), "password": PASSWORD}
    await platform.http.post("/v1/invitations/accept", json=body)
    refresh = {"refresh_token": (await log_in(platform, "jo@example.com"))["refresh_token"]}
    await feed(platform, token, "users", {"external_id": "u1", "deleted": True})
    assert {"id": user["id"], "deleted": True} == (await platform.events("accounts.user"))[-1]["payload"]
    assert f"user:{user['id']}" == (await revoked(platform))[-1]
    await feed(platform, token, "users", USER)
    again = await platform.http.post("/v1/login/refresh", json=refresh)
    assert (401, "session_ended") == (again.status_code, again.json()["code"])


async def test_a_user_given_to_another_person_leaves_the_first_without(platform: Platform) -> None:
    token = await platform.machine("accounts:feed", "users:feed")
    await a_channel(platform)
    await an_account(platform, token, "C1")
    await feed(platform, token, "users", USER)
    (user,) = (await platform.staff("GET", "/admin/v1/users")).json()["items"]
    await platform.staff("POST", "/admin/v1/users/send-invitations", json={"user_ids": [user["id"]]})
    body = {"token": await link_of(platform, "jo@example.com"), "password": PASSWORD}
    await platform.http.post("/v1/invitations/accept", json=body)
    refresh = {"refresh_token": (await log_in(platform, "jo@example.com"))["refresh_token"]}
    await feed(platform, token, "users", {"external_id": "u1", "email": "successor@example.com"})
    assert f"user:{user['id']}" in await revoked(platform)
    assert 401 == (await platform.http.post("/v1/login/refresh", json=refresh)).status_code


async def test_an_account_that_is_discontinued_is_told_as_gone_and_its_users_are_out(
    platform: Platform,
) -> None:
    token = await platform.machine("accounts:feed")
    await a_channel(platform)
    account_id = await an_account(platform, token, "C1")
    await a_user(platform, account_id, "buyer@example.com")
    refresh = {"refresh_token": (await log_in(platform, "buyer@example.com"))["refresh_token"]}
    await feed(platform, token, "accounts", {"external_id": "C1", "deleted": True})
    assert {"id": account_id, "deleted": True} == (await platform.events("accounts.account"))[-1]["payload"]
    assert f"account:{account_id}" in await revoked(platform)
    assert 401 == (await platform.http.post("/v1/login/refresh", json=refresh)).status_code
    body = {"email": "buyer@example.com", "password": PASSWORD, "channel": "webshop"}
    assert "no_account" == (await platform.http.post("/v1/login", json=body)).json()["code"]


async def test_a_user_removed_here_does_not_keep_the_erp_from_bringing_the_person(platform: Platform) -> None:
    token = await platform.machine("accounts:feed", "users:feed")
    person = await a_user(platform, await an_account(platform, token, "C1"), "jo@example.com")
    taken = await feed(platform, token, "users", USER)
    assert "user_exists" == taken["results"][0]["errors"][0]["code"]
    assert 204 == (await change(platform, f"/admin/v1/users/{person.id}", None)).status_code
    assert "created" == (await feed(platform, token, "users", USER))["results"][0]["status"]


async def test_an_account_knows_the_one_above_it_whichever_comes_first(platform: Platform) -> None:
    token = await platform.machine("accounts:feed")
    await an_account(platform, token, "CHILD", parent="PARENT")
    parent_id = await an_account(platform, token, "PARENT")
    told = await platform.events("accounts.account")
    assert [None, parent_id] == [
        event["payload"]["parent_account_id"] for event in told if event["payload"]["external_id"] == "CHILD"
    ]
    await feed(platform, token, "accounts", {"external_id": "PARENT", "currency": "SEK"})
    assert len(told) + 1 == len(await platform.events("accounts.account"))
    await feed(platform, token, "accounts", {"external_id": "CHILD", "parent": None})
    last = (await platform.events("accounts.account"))[-1]["payload"]
    assert ("CHILD", None) == (last["external_id"], last["parent_account_id"])
    versions: dict[str, list[int]] = {}
    for event in await platform.events("accounts.account"):
        versions.setdefault(event["key"], []).append(event["version"])
    assert all(sorted(set(found)) == found for found in versions.values())


async def test_accounts_and_what_hangs_on_them_fed_at_once_find_each_other(platform: Platform) -> None:
    token = await platform.machine("accounts:feed", "users:feed")
    jobs = []
    for number in range(15):
        account, user = f"C{number}", f"u{number}"
        jobs += [
            feed(platform, token, "accounts", {"external_id": account, "currency": "EUR"}),
            feed(platform, token, "users", USER | {"external_id": user, "account": account}),
            feed(platform, token, "addresses", {"external_id": user, "account": account, "city": "Riga"}),
        ]
    await asyncio.gather(*jobs)
    accounts = (await platform.staff("GET", "/admin/v1/accounts")).json()["items"]
    assert 15 == len((await platform.staff("GET", "/admin/v1/users")).json()["items"]) == len(accounts)
    told = await platform.events("accounts.user")
    assert {entry["id"] for entry in accounts} == {event["payload"]["account_id"] for event in told}
    for entry in accounts:
        shown = (await platform.staff("GET", f"/admin/v1/accounts/{entry['id']}")).json()
        assert ["Riga"] == [address["city"] for address in shown["addresses"]]
