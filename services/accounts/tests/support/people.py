"""Builders: accounts fed by an ERP, users who have accepted their invitation."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from accounts import tables
from accounts.seeding import role_id
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
