"""Logging in, staying in, and getting out."""

from datetime import timedelta

import pytest

from services.accounts.tests.support.people import Person, a_channel, a_user, an_account, link_of, log_in
from services.accounts.tests.support.platform import PASSWORD, Platform


@pytest.fixture
async def buyer(platform: Platform) -> Person:
    token = await platform.machine("accounts:feed")
    await a_channel(platform)
    return await a_user(platform, await an_account(platform, token, "C1", name="First"), "buyer@example.com")


async def test_a_user_logs_in_and_sees_who_he_is(platform: Platform, buyer: Person) -> None:
    tokens = await log_in(platform, buyer.email)
    me = (await platform.as_(tokens["access_token"], "GET", "/v1/me")).json()
    assert (buyer.id, buyer.account_id, "EUR") == (me["user_id"], me["account_id"], me["currency"])
    assert me["order_rules"] == {"may_order": True, "blocked": False}


async def test_a_wrong_password_and_an_unknown_login_answer_alike(platform: Platform, buyer: Person) -> None:
    bodies = []
    for email in (buyer.email, "nobody@example.com"):
        body = {"email": email, "password": "wrong", "channel": "webshop"}
        answer = await platform.http.post("/v1/login", json=body)
        assert answer.status_code == 401
        bodies.append({**answer.json(), "request_id": None})
    assert bodies[0] == bodies[1]


async def test_a_reset_is_answered_alike_for_everybody_and_mailed_to_who_exists(
    platform: Platform, buyer: Person
) -> None:
    answers = [
        await platform.http.post("/v1/password-resets", json={"email": email})
        for email in (buyer.email, "nobody@example.com")
    ]
    assert [202, 202] == [answer.status_code for answer in answers]
    assert answers[0].content == answers[1].content
    await platform.wiring.invitations.answer_resets()
    body = {"token": await link_of(platform, buyer.email), "password": "another good password"}
    assert 204 == (await platform.http.post("/v1/password-resets/complete", json=body)).status_code
    again = await platform.http.post("/v1/password-resets/complete", json=body)
    assert "token_not_usable" == again.json()["code"]


async def test_a_lost_answer_does_not_log_out_and_an_old_token_ends_the_family(
    platform: Platform, buyer: Person
) -> None:
    first = (await log_in(platform, buyer.email))["refresh_token"]

    async def refresh(token: str) -> tuple[int, str | None]:
        answer = await platform.http.post("/v1/login/refresh", json={"refresh_token": token})
        return answer.status_code, answer.json().get("refresh_token")

    _, second = await refresh(first)
    assert (200, second) == await refresh(first)
    assert second is not None
    _, third = await refresh(second)
    assert third is not None
    assert (401, None) == await refresh(first)
    assert (401, None) == await refresh(third)


async def test_the_grace_of_the_last_refresh_token_ends(platform: Platform, buyer: Person) -> None:
    first = (await log_in(platform, buyer.email))["refresh_token"]
    await platform.http.post("/v1/login/refresh", json={"refresh_token": first})
    platform.clock.advance(timedelta(seconds=31))
    answer = await platform.http.post("/v1/login/refresh", json={"refresh_token": first})
    assert (401, "session_ended") == (answer.status_code, answer.json()["code"])


async def test_an_access_token_ends_after_five_minutes(platform: Platform, buyer: Person) -> None:
    tokens = await log_in(platform, buyer.email)
    platform.clock.advance(timedelta(seconds=303))
    answer = await platform.as_(tokens["access_token"], "GET", "/v1/me")
    assert 401 == answer.status_code


async def test_a_user_of_two_accounts_switches_between_them(platform: Platform, buyer: Person) -> None:
    token = await platform.machine("accounts:feed", code="erp2")
    other = await an_account(platform, token, "C2", name="Second")
    await a_user(platform, other, buyer.email)
    tokens = await log_in(platform, buyer.email, account_id=buyer.account_id)
    switched = await platform.as_(
        tokens["access_token"], "POST", "/v1/login/switch-account", json={"account_id": other}
    )
    me = (await platform.as_(switched.json()["access_token"], "GET", "/v1/me")).json()
    assert other == me["account_id"]
    assert {buyer.account_id, other} == {account["id"] for account in me["accounts"]}


async def test_who_is_blocked_cannot_log_in_and_his_tokens_end(platform: Platform, buyer: Person) -> None:
    refresh = (await log_in(platform, buyer.email))["refresh_token"]
    path = f"/admin/v1/accounts/{buyer.account_id}"
    etag = (await platform.staff("GET", path)).headers["ETag"]
    await platform.staff("PATCH", path, json={"platform_block": "access"}, headers={"If-Match": etag})
    body = {"email": buyer.email, "password": PASSWORD, "channel": "webshop"}
    assert "no_account" == (await platform.http.post("/v1/login", json=body)).json()["code"]
    again = await platform.http.post("/v1/login/refresh", json={"refresh_token": refresh})
    assert 401 == again.status_code
    keys = [event["key"] for event in await platform.events("accounts.revocation")]
    assert f"account:{buyer.account_id}" in keys


async def test_an_unregistered_channel_is_refused(platform: Platform, buyer: Person) -> None:
    body = {"email": buyer.email, "password": PASSWORD, "channel": "elsewhere"}
    answer = await platform.http.post("/v1/login", json=body)
    assert (401, "unknown_channel") == (answer.status_code, answer.json()["code"])


async def test_logging_out_ends_the_session_and_the_access_token(platform: Platform, buyer: Person) -> None:
    tokens = await log_in(platform, buyer.email)
    body = {"refresh_token": tokens["refresh_token"]}
    assert 204 == (await platform.as_(tokens["access_token"], "POST", "/v1/logout", json=body)).status_code
    assert 401 == (await platform.http.post("/v1/login/refresh", json=body)).status_code
    keys = [event["key"] for event in await platform.events("accounts.revocation")]
    assert f"user:{buyer.id}" in keys
