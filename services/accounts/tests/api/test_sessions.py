"""Logging in, staying in, and getting out."""

import asyncio
from datetime import timedelta
from typing import Any

import orjson
import pytest
from joserfc import jws
from sqlalchemy import select

from accounts import tables
from accounts.housekeeping import forget
from accounts.seeding import role_id
from services.accounts.tests.support.people import (
    Person,
    a_channel,
    a_user,
    an_account,
    change,
    link_of,
    log_in,
    revoked,
)
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


async def test_twenty_refreshes_of_one_token_at_once_give_one_successor(
    platform: Platform, buyer: Person
) -> None:
    body = {"refresh_token": (await log_in(platform, buyer.email))["refresh_token"]}
    answers = await asyncio.gather(*(platform.http.post("/v1/login/refresh", json=body) for _ in range(20)))
    assert {200} == {answer.status_code for answer in answers}
    (successor,) = {answer.json()["refresh_token"] for answer in answers}
    body = {"refresh_token": successor}
    assert 200 == (await platform.http.post("/v1/login/refresh", json=body)).status_code


async def test_a_successor_that_was_used_ends_the_grace_of_the_token_before(
    platform: Platform, buyer: Person
) -> None:
    first = (await log_in(platform, buyer.email))["refresh_token"]
    second = (await platform.http.post("/v1/login/refresh", json={"refresh_token": first})).json()
    await platform.http.post("/v1/login/refresh", json={"refresh_token": second["refresh_token"]})
    answer = await platform.http.post("/v1/login/refresh", json={"refresh_token": first})
    assert 401 == answer.status_code
    assert f"login:{(await platform.staff('GET', f'/admin/v1/users/{buyer.id}')).json()['login_id']}" in (
        await revoked(platform)
    )


@pytest.mark.parametrize("taken", ["role", "account"])
async def test_rights_taken_while_a_token_is_given_are_taken_after_it_so_its_revocation_holds(
    platform: Platform, buyer: Person, taken: str
) -> None:
    changes: dict[str, tuple[str, dict[str, Any]]] = {
        "role": (f"/admin/v1/roles/{role_id('user', 'buyer')}", {"permissions": []}),
        "account": (f"/admin/v1/accounts/{buyer.account_id}", {"platform_block": "access"}),
    }
    path, body = changes[taken]
    async with platform.wiring.database.transaction() as giving:
        assert await platform.wiring.stores.users.held(giving, buyer.id) is not None
        taking = asyncio.create_task(change(platform, path, body))
        done, _ = await asyncio.wait([taking], timeout=0.5)
        assert set() == done
    assert 200 == (await taking).status_code


async def test_logging_out_everywhere_ends_every_session_and_token_of_the_login(
    platform: Platform, buyer: Person
) -> None:
    one, other = await log_in(platform, buyer.email), await log_in(platform, buyer.email)
    assert 204 == (await platform.as_(one["access_token"], "POST", "/v1/logout", json={})).status_code
    for tokens in (one, other):
        body = {"refresh_token": tokens["refresh_token"]}
        assert 401 == (await platform.http.post("/v1/login/refresh", json=body)).status_code
    me = decoded(one["access_token"])
    assert f"login:{me['login_id']}" in await revoked(platform)


async def test_a_new_password_ends_every_session_and_the_old_password(
    platform: Platform, buyer: Person
) -> None:
    refresh = (await log_in(platform, buyer.email))["refresh_token"]
    await platform.http.post("/v1/password-resets", json={"email": buyer.email})
    await platform.wiring.invitations.answer_resets()
    body = {"token": await link_of(platform, buyer.email), "password": "quite another password"}
    assert 204 == (await platform.http.post("/v1/password-resets/complete", json=body)).status_code
    again = await platform.http.post("/v1/login/refresh", json={"refresh_token": refresh})
    assert 401 == again.status_code
    old = {"email": buyer.email, "password": PASSWORD, "channel": "webshop"}
    assert 401 == (await platform.http.post("/v1/login", json=old)).status_code


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaaaaaa"])
async def test_a_weak_password_is_refused_and_the_link_stays_good(
    platform: Platform, buyer: Person, password: str
) -> None:
    await platform.http.post("/v1/password-resets", json={"email": buyer.email})
    await platform.wiring.invitations.answer_resets()
    link = await link_of(platform, buyer.email)
    weak = await platform.http.post(
        "/v1/password-resets/complete", json={"token": link, "password": password}
    )
    assert (422, "password_too_weak") == (weak.status_code, weak.json()["code"])
    body = {"token": link, "password": "quite another password"}
    assert 204 == (await platform.http.post("/v1/password-resets/complete", json=body)).status_code


async def test_a_link_ends_after_its_time(platform: Platform, buyer: Person) -> None:
    await platform.http.post("/v1/password-resets", json={"email": buyer.email})
    await platform.wiring.invitations.answer_resets()
    platform.clock.advance(timedelta(minutes=61))
    body = {"token": await link_of(platform, buyer.email), "password": "quite another password"}
    answer = await platform.http.post("/v1/password-resets/complete", json=body)
    assert (422, "token_not_usable") == (answer.status_code, answer.json()["code"])


async def test_what_is_over_is_forgotten_and_what_counts_stays(platform: Platform, buyer: Person) -> None:
    kept = (await log_in(platform, buyer.email))["refresh_token"]
    ended = await log_in(platform, buyer.email)
    await platform.as_(
        ended["access_token"], "POST", "/v1/logout", json={"refresh_token": ended["refresh_token"]}
    )
    platform.clock.advance(timedelta(days=8, hours=1))
    await forget(platform.wiring.database, platform.clock)
    async with platform.wiring.database.read() as reader:
        sessions = await reader.scalars(select(tables.session.c.id).where(tables.session.c.caller == "user"))
        assert [kept.partition(".")[0]] == sessions
        assert [] == await reader.scalars(select(tables.revocation.c.id))
        assert [] == await reader.scalars(select(tables.one_time_token.c.purpose))
    assert 200 == (await platform.http.post("/v1/login/refresh", json={"refresh_token": kept})).status_code


def decoded(token: str) -> dict[str, Any]:
    """The claims of a token, unverified."""
    claims: dict[str, Any] = orjson.loads(jws.extract_compact(token.encode()).payload)
    return claims
