"""Staff: invited, given roles, shut out; an administrator always remains."""

import asyncio
from typing import Any

import httpx

from accounts.seeding import role_id
from services.accounts.tests.support.people import change, link_of, revoked
from services.accounts.tests.support.platform import ADMINISTRATOR, PASSWORD, Platform

ADMIN_ROLE = role_id("staff", "administrator")


async def invited(platform: Platform, email: str, role: str) -> dict[str, Any]:
    body = {"email": email, "role_id": role_id("staff", role)}
    made = await platform.staff("POST", "/admin/v1/staff", json=body)
    assert made.status_code == 201, made.text
    answer = {"token": await link_of(platform, email), "password": PASSWORD}
    assert 204 == (await platform.http.post("/v1/invitations/accept", json=answer)).status_code
    member: dict[str, Any] = made.json()
    return member


async def logged_in(platform: Platform, email: str) -> httpx.Response:
    return await platform.http.post("/admin/v1/login", json={"email": email, "password": PASSWORD})


async def test_invited_staff_log_in_and_may_what_the_role_says(platform: Platform) -> None:
    await invited(platform, "anna@example.com", "analyst")
    token = (await logged_in(platform, "anna@example.com")).json()["access_token"]
    me = (await platform.as_(token, "GET", "/admin/v1/me")).json()
    assert ("analyst", ["analytics:read", "orders:read_all"]) == (me["role_code"], me["permissions"])
    assert 403 == (await platform.as_(token, "GET", "/admin/v1/staff")).status_code
    assert 403 == (await platform.as_(token, "GET", "/v1/me")).status_code


async def test_staff_who_lose_rights_are_revoked_and_cannot_refresh(platform: Platform) -> None:
    member = await invited(platform, "anna@example.com", "administrator")
    refresh = (await logged_in(platform, "anna@example.com")).json()["refresh_token"]
    before = len(await revoked(platform))
    path = f"/admin/v1/staff/{member['id']}"
    await change(platform, path, {"role_id": role_id("staff", "analyst")})
    await change(platform, path, None)
    assert [f"staff:{member['id']}"] * 2 == (await revoked(platform))[before:]
    again = await platform.http.post("/admin/v1/login/refresh", json={"refresh_token": refresh})
    assert 401 == again.status_code
    assert "login_failed" == (await logged_in(platform, "anna@example.com")).json()["code"]


async def test_who_is_invited_again_is_somebody_new_and_old_sessions_stay_ended(platform: Platform) -> None:
    member = await invited(platform, "anna@example.com", "analyst")
    refresh = (await logged_in(platform, "anna@example.com")).json()["refresh_token"]
    await change(platform, f"/admin/v1/staff/{member['id']}", None)
    body = {"email": "anna@example.com", "role_id": ADMIN_ROLE}
    assert member["id"] != (await platform.staff("POST", "/admin/v1/staff", json=body)).json()["id"]
    again = await platform.http.post("/admin/v1/login/refresh", json={"refresh_token": refresh})
    assert 401 == again.status_code


async def test_the_last_administrator_stays(platform: Platform) -> None:
    (only,) = (await platform.staff("GET", "/admin/v1/staff")).json()["items"]
    assert ADMINISTRATOR == only["email"]
    path = f"/admin/v1/staff/{only['id']}"
    answers = [
        await change(platform, path, None),
        await change(platform, path, {"role_id": role_id("staff", "analyst")}),
    ]
    assert [(409, "last_administrator")] * 2 == [
        (answer.status_code, answer.json()["code"]) for answer in answers
    ]


async def test_two_administrators_who_remove_each_other_at_once_leave_one(platform: Platform) -> None:
    await invited(platform, "anna@example.com", "administrator")
    both = (await platform.staff("GET", "/admin/v1/staff")).json()["items"]
    answers = await asyncio.gather(
        *(change(platform, f"/admin/v1/staff/{member['id']}", None) for member in both)
    )
    assert [204, 409] == sorted(answer.status_code for answer in answers)


async def test_the_role_of_administrators_loses_no_permission(platform: Platform) -> None:
    path = f"/admin/v1/roles/{ADMIN_ROLE}"
    answer = await change(platform, path, {"permissions": ["audit:read"]})
    assert (409, "administrator_kept") == (answer.status_code, answer.json()["code"])
    assert 200 == (await change(platform, path, {"name": "Chief"})).status_code
