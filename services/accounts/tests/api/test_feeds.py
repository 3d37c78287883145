"""What an ERP feeds, in whatever order."""

from services.accounts.tests.support.people import an_account, feed
from services.accounts.tests.support.platform import Platform

USER = {"external_id": "u1", "account": "C1", "email": "Jo@Example.com", "role": "buyer"}


async def test_a_user_before_its_account_waits_and_belongs_to_it_when_it_comes(platform: Platform) -> None:
    token = await platform.machine("accounts:feed", "users:feed")
    early = await feed(platform, token, "users", USER)
    assert "unknown_account" == early["results"][0]["unresolved"][0]["code"]
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
