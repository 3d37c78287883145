"""Channels: who may log in through them."""

import httpx
import pytest

from services.accounts.tests.support.people import Person, a_channel, a_user, an_account, change, log_in
from services.accounts.tests.support.platform import PASSWORD, Platform


@pytest.fixture
async def buyer(platform: Platform) -> Person:
    token = await platform.machine("accounts:feed")
    return await a_user(platform, await an_account(platform, token, "C1"), "buyer@example.com")


async def attempt(platform: Platform, buyer: Person, secret: str | None) -> httpx.Response:
    body = {"email": buyer.email, "password": PASSWORD, "channel": "shop"}
    if secret is not None:
        body["channel_secret"] = secret
    return await platform.http.post("/v1/login", json=body)


async def test_a_confidential_channel_admits_nobody_without_its_secret(
    platform: Platform, buyer: Person
) -> None:
    body = {"code": "shop", "name": "Shop", "confidential": True, "origins": ["https://shop.example.com"]}
    made = await platform.staff("POST", "/admin/v1/channels", json=body)
    secret = made.json()["secret"]
    statuses = [(await attempt(platform, buyer, given)).status_code for given in (None, "wrong", secret)]
    assert [401, 401, 200] == statuses
    assert "secret" not in (await platform.staff("GET", made.headers["Location"])).json()
    told = (await platform.events("accounts.channel"))[-1]["payload"]
    assert (["https://shop.example.com"], False) == (told["origins"], "secret" in str(told))


async def test_a_closed_channel_ends_its_sessions_and_admits_nobody(
    platform: Platform, buyer: Person
) -> None:
    await a_channel(platform)
    refresh = (await log_in(platform, buyer.email))["refresh_token"]
    (webshop,) = (await platform.staff("GET", "/admin/v1/channels")).json()["items"]
    assert 204 == (await change(platform, f"/admin/v1/channels/{webshop['id']}", None)).status_code
    again = await platform.http.post("/v1/login/refresh", json={"refresh_token": refresh})
    assert (401, "session_ended") == (again.status_code, again.json()["code"])
    body = {"email": buyer.email, "password": PASSWORD, "channel": "webshop"}
    assert "unknown_channel" == (await platform.http.post("/v1/login", json=body)).json()["code"]
    assert {"id": webshop["id"], "deleted": True} == (await platform.events("accounts.channel"))[-1][
        "payload"
    ]


async def test_a_confidential_channel_refreshes_nobody_without_its_secret(
    platform: Platform, buyer: Person
) -> None:
    made = await platform.staff(
        "POST", "/admin/v1/channels", json={"code": "shop", "name": "Shop", "confidential": True}
    )
    secret = made.json()["secret"]
    refresh = (await attempt(platform, buyer, secret)).json()["refresh_token"]

    async def again(given: str | None) -> tuple[int, str | None]:
        body = {"refresh_token": refresh, "channel_secret": given}
        answer = await platform.http.post("/v1/login/refresh", json=body)
        return answer.status_code, answer.json().get("code")

    assert [(401, "unknown_channel")] * 2 == [await again(None), await again("wrong")]
    assert (200, None) == await again(secret)
