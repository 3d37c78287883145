"""Users: by staff for every account, by account admins for their own alone."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select, text

from accounts import tables
from accounts.seeding import role_id
from chassis.ids import new_id
from services.accounts.tests.support.people import (
    Person,
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

BUYER = role_id("user", "buyer")


@pytest.fixture
async def erp(platform: Platform) -> str:
    await a_channel(platform)
    return await platform.machine("accounts:feed", "users:feed")


@pytest.fixture
async def chief(platform: Platform, erp: str) -> Person:
    account = await an_account(platform, erp, "C1", name="First")
    return await a_user(platform, account, "chief@example.com", "account_admin")


@pytest.fixture
async def stranger(platform: Platform, erp: str) -> Person:
    return await a_user(platform, await an_account(platform, erp, "C2"), "stranger@example.com")


async def permissions(platform: Platform, person: Person) -> set[str]:
    token = (await log_in(platform, person.email, account_id=person.account_id))["access_token"]
    return set((await platform.as_(token, "GET", "/v1/me")).json()["permissions"])


async def test_an_account_admin_sees_and_changes_own_colleagues_only(
    platform: Platform, chief: Person, stranger: Person
) -> None:
    token = (await log_in(platform, chief.email))["access_token"]
    listed = (await platform.as_(token, "GET", "/v1/users")).json()["items"]
    assert [chief.id] == [user["id"] for user in listed]
    path = f"/v1/users/{stranger.id}"
    version = (await platform.staff("GET", f"/admin/v1/users/{stranger.id}")).headers["ETag"]
    answers = [
        await platform.as_(token, method, path, json=body, headers={"If-Match": version})
        for method, body in (("GET", None), ("PATCH", {"sees_prices": False}), ("DELETE", None))
    ]
    unknown = await platform.as_(token, "GET", f"/v1/users/{new_id()}")
    assert [404] * 3 == [answer.status_code for answer in answers]
    ours = [{**answer.json(), "request_id": None} for answer in (answers[0], unknown)]
    assert ours[0] == ours[1]


async def test_who_is_no_account_admin_manages_nobody(platform: Platform, stranger: Person) -> None:
    token = (await log_in(platform, stranger.email))["access_token"]
    assert 403 == (await platform.as_(token, "GET", "/v1/users")).status_code
    body = {"email": "x@example.com", "role_id": BUYER}
    assert 403 == (await platform.as_(token, "POST", "/v1/users", json=body)).status_code


async def test_inviting_a_person_known_elsewhere_answers_as_for_a_new_one(
    platform: Platform, chief: Person, stranger: Person
) -> None:
    token = (await log_in(platform, chief.email))["access_token"]
    accepted = {"token": await link_of(platform, stranger.email), "password": PASSWORD}
    assert (
        "token_not_usable"
        == (await platform.http.post("/v1/invitations/accept", json=accepted)).json()["code"]
    )
    answers = []
    for email in (stranger.email, "new@example.com"):
        answer = await platform.as_(token, "POST", "/v1/users", json={"email": email, "role_id": BUYER})
        assert 201 == answer.status_code
        answers.append({**answer.json(), "id": None, "email": None})
    assert answers[0] == answers[1]
    assert "login_id" not in answers[0]


async def test_an_account_admin_invites_changes_and_removes_with_audit(
    platform: Platform, chief: Person
) -> None:
    token = (await log_in(platform, chief.email))["access_token"]
    body = {"email": "new@example.com", "role_id": BUYER, "name": "New"}
    made = await platform.as_(token, "POST", "/v1/users", json=body)
    path = made.headers["Location"]
    assert 200 == (await change(platform, path, {"sees_prices": False}, token=token)).status_code
    assert 204 == (await change(platform, path, None, token=token)).status_code
    trail = await platform.staff("GET", "/admin/v1/audit", params={"object_id": made.json()["id"]})
    assert [("user.removed", chief.id), ("user.changed", chief.id), ("user.invited", chief.id)] == [
        (entry["action"], entry["subject"]) for entry in trail.json()["items"]
    ]
    assert {"id": made.json()["id"], "deleted": True} == (await platform.events("accounts.user"))[-1][
        "payload"
    ]


async def test_flags_narrow_what_the_role_allows_and_end_tokens_that_grant_more(
    platform: Platform, stranger: Person
) -> None:
    assert {"prices:read", "stock:read"} <= await permissions(platform, stranger)
    before = len(await revoked(platform))
    path = f"/admin/v1/users/{stranger.id}"
    await change(platform, path, {"sees_prices": False})
    assert [f"user:{stranger.id}"] == (await revoked(platform))[before:]
    assert not {"prices:read"} & await permissions(platform, stranger)
    told = (await platform.events("accounts.user"))[-1]["payload"]
    assert (False, True) == (told["sees_prices"], told["sees_stock"])
    await change(platform, path, {"sees_prices": True})
    assert before + 1 == len(await revoked(platform))


async def test_a_batch_of_invitations_says_of_each_what_became_of_it(
    platform: Platform, chief: Person
) -> None:
    item: dict[str, Any] = {"account_id": chief.account_id, "role_id": BUYER}
    items = [
        item | {"email": "one@example.com"},
        item | {"email": "ONE@example.com"},
        item | {"email": "two@example.com", "account_id": new_id()},
        item | {"email": "two@example.com", "role_id": role_id("staff", "analyst")},
        item | {"email": "two@example.com"},
    ]
    answer = (await platform.staff("POST", "/admin/v1/users/batch", json={"items": items})).json()
    assert {"created": 2, "rejected": 3} == answer["counts"]
    codes = [result["code"] for result in answer["results"]]
    assert [None, "user_exists", "account_not_found", "role_not_found", None] == codes


async def test_a_thousand_people_are_invited_and_reminded_in_one_transaction_each(
    platform: Platform, chief: Person
) -> None:
    """One by one they take longer than a request may."""
    item = {"account_id": chief.account_id, "role_id": BUYER}
    items = [item | {"email": f"p{number}@example.com"} for number in range(1_000)]
    made = (await platform.staff("POST", "/admin/v1/users/batch", json={"items": items})).json()
    assert {"created": 1_000} == made["counts"]
    assert list(range(1_000)) == [result["index"] for result in made["results"]]
    ids = [result["user_id"] for result in made["results"]]
    assert 1 == await _transactions(platform, ids)
    await _told(platform, ids, mails=1)
    sent = await platform.staff("POST", "/admin/v1/users/send-invitations", json={"user_ids": ids})
    assert ids == sent.json()["user_ids"]
    assert 1 == await _transactions(platform, ids)
    await _told(platform, ids, mails=2)


async def _transactions(platform: Platform, user_ids: list[str]) -> int:
    """How many wrote these users' rows last."""
    async with platform.wiring.database.read() as reader:
        statement = text("SELECT count(DISTINCT xmin::text) FROM member WHERE id = ANY(:ids)")
        return int(await reader.scalar(statement, {"ids": user_ids}))


async def _told(platform: Platform, user_ids: list[str], *, mails: int) -> None:
    """Each has so many events, audit rows and mails, and one link that can be used."""
    times = dict.fromkeys(user_ids, mails)
    told = [event["key"] for event in await platform.events("accounts.user")]
    assert times == Counter(key for key in told if key in times)
    async with platform.wiring.database.read() as reader:
        recorded = await reader.scalars(select(tables.audit.c.object_id))
        assert times == Counter(key for key in recorded if key in times)
        per_mail = "SELECT count(*) FROM mail WHERE recipient LIKE 'p%' GROUP BY recipient"
        assert [mails] * len(user_ids) == await reader.scalars(text(per_mail))
        usable = "SELECT count(*) FROM one_time_token t JOIN login l ON l.id = t.login_id"
        usable += " WHERE t.used_at IS NULL AND l.email LIKE 'p%'"
        assert len(user_ids) == await reader.scalar(text(usable))


async def test_who_is_invited_into_two_accounts_at_once_gets_one_link_for_both(
    platform: Platform, chief: Person, stranger: Person
) -> None:
    items = [
        {"account_id": account_id, "role_id": BUYER, "email": "both@example.com", "name": name}
        for account_id, name in ((chief.account_id, None), (stranger.account_id, "Both"))
    ]
    made = (await platform.staff("POST", "/admin/v1/users/batch", json={"items": items})).json()
    assert {"created": 2} == made["counts"]
    async with platform.wiring.database.read() as reader:
        mails = await reader.all(select(tables.mail).where(tables.mail.c.recipient == "both@example.com"))
    assert 1 == len({mail["values"]["link"] for mail in mails})
    assert {"First", None} == {mail["values"]["account"] for mail in mails}
    accepted = {"token": await link_of(platform, "both@example.com"), "password": PASSWORD}
    assert 204 == (await platform.http.post("/v1/invitations/accept", json=accepted)).status_code


async def test_invitations_are_sent_in_bulk_to_who_never_logged_in(
    platform: Platform, erp: str, chief: Person
) -> None:
    await log_in(platform, chief.email)
    user = {"external_id": "u1", "account": "C1", "email": "fed@example.com", "role": "buyer"}
    await feed(platform, erp, "users", user)
    users = (await platform.staff("GET", "/admin/v1/users")).json()["items"]
    ids = {entry["email"]: entry["id"] for entry in users}
    body = {"user_ids": [*ids.values(), new_id()]}
    sent = await platform.staff("POST", "/admin/v1/users/send-invitations", json=body)
    assert [ids["fed@example.com"]] == sent.json()["user_ids"]
    accepted = {"token": await link_of(platform, "fed@example.com"), "password": PASSWORD}
    assert 204 == (await platform.http.post("/v1/invitations/accept", json=accepted)).status_code
    assert (await log_in(platform, "fed@example.com"))["access_token"]


async def test_ten_invitations_of_one_person_at_once_make_one_user(platform: Platform, chief: Person) -> None:
    body = {"account_id": chief.account_id, "email": "one@example.com", "role_id": BUYER}
    answers = await asyncio.gather(*(platform.staff("POST", "/admin/v1/users", json=body) for _ in range(10)))
    assert [201] + [409] * 9 == sorted(answer.status_code for answer in answers)


async def test_ten_role_changes_from_one_version_are_one_change(platform: Platform, chief: Person) -> None:
    path = f"/admin/v1/users/{chief.id}"
    etag = (await platform.staff("GET", path)).headers["ETag"]
    answers = await asyncio.gather(
        *(
            platform.staff("PATCH", path, json={"sees_stock": False}, headers={"If-Match": etag})
            for _ in range(10)
        )
    )
    assert [200] + [412] * 9 == sorted(answer.status_code for answer in answers)


async def test_ten_roles_of_one_code_at_once_are_one(platform: Platform) -> None:
    body = {"code": "night", "kind": "user", "name": "Night", "permissions": []}
    answers = await asyncio.gather(*(platform.staff("POST", "/admin/v1/roles", json=body) for _ in range(10)))
    assert [201] + [409] * 9 == sorted(answer.status_code for answer in answers)
    assert {"code_taken"} == {answer.json()["code"] for answer in answers if answer.status_code == 409}
