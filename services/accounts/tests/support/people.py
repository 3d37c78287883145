"""Builders: accounts fed by an ERP, users who have accepted their invitation."""

from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import select

from accounts import tables
from accounts.consumers import Catalogue, apply_catalogues
from accounts.seeding import role_id
from chassis.ids import new_id
from eventing.consumer import Arrived
from services.accounts.tests.support.platform import PASSWORD, Platform


@dataclass(frozen=True)
class Person:
    """A user who can log in."""

    id: str
    account_id: str
    email: str


async def feed(platform: Platform, token: str, resource: str, *items: dict[str, Any]) -> dict[str, Any]:
    """A batch; returns the answer."""
    answer = await platform.as_(token, "POST", f"/integration/v1/{resource}", json={"items": list(items)})
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


async def an_account(platform: Platform, token: str, external_id: str, **fields: Any) -> str:
    """The id of an account fed by the ERP."""
    await feed(platform, token, "accounts", {"external_id": external_id, "currency": "EUR", **fields})
    found = await platform.staff("GET", "/admin/v1/accounts", params={"external_id": external_id})
    account_id: str = found.json()["items"][0]["id"]
    return account_id


async def a_channel(platform: Platform, code: str = "webshop") -> None:
    """A public channel."""
    await platform.staff("POST", "/admin/v1/channels", json={"code": code, "name": code})


async def link_of(platform: Platform, email: str) -> str:
    """The token of the last link mailed to an address."""
    statement = select(tables.mail).where(tables.mail.c.recipient == email).order_by(tables.mail.c.id.desc())
    async with platform.wiring.database.read() as reader:
        row = await reader.first(statement)
    assert row is not None, f"nothing was mailed to {email}"
    token: str = row["values"]["link"].partition("token=")[2]
    return token


async def a_user(platform: Platform, account_id: str, email: str, role: str = "buyer") -> Person:
    """A user who was invited and has chosen a password."""
    body = {"account_id": account_id, "email": email, "role_id": role_id("user", role)}
    made = await platform.staff("POST", "/admin/v1/users", json=body)
    assert made.status_code == 201, made.text
    answer = await platform.http.post(
        "/v1/invitations/accept", json={"token": await link_of(platform, email), "password": PASSWORD}
    )
    assert answer.status_code == 204, answer.text
    return Person(made.json()["id"], account_id, email)


async def log_in(platform: Platform, email: str, **fields: Any) -> dict[str, Any]:
    """The tokens of a log-in."""
    body = {"email": email, "password": PASSWORD, "channel": "webshop", **fields}
    answer = await platform.http.post("/v1/login", json=body)
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


async def a_catalogue(platform: Platform, code: str) -> str:
    """The id of a catalogue that catalog has told of."""
    value = Catalogue(code=code, name=code)
    arrived = Arrived(new_id(), 1, value, id=new_id(), time=platform.clock.now())
    async with platform.wiring.database.transaction() as tx:
        await apply_catalogues(tx, [arrived])
    return arrived.key


async def change(
    platform: Platform, path: str, body: dict[str, Any] | None, *, token: str = ""
) -> httpx.Response:
    """Reads a resource and changes it, or without a body removes it."""
    who = token or platform.staff_token
    etag = (await platform.as_(who, "GET", path)).headers["ETag"]
    method = "DELETE" if body is None else "PATCH"
    return await platform.as_(who, method, path, json=body, headers={"If-Match": etag})


async def revoked(platform: Platform) -> list[str]:
    """Keys of what was revoked so far, oldest first."""
    return [event["key"] for event in await platform.events("accounts.revocation")]
