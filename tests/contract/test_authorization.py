"""Every published operation, as the contracts list them: nothing gets through that should not.

Each operation is called with no token, with tokens of the other kinds of caller, and with a token of its
kind that grants nothing. What takes an id of an account's object is called for another account's.
"""

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest

from local_stack.client import Caller, until
from local_stack.state import REPOSITORY
from local_stack.story import CHANNEL
from tests.support.system import System

SURFACES: Final = {"channel": "user", "integration": "client", "admin": "staff"}
PASSWORD: Final = "a password for nobody special"
_PARAMETER: Final = re.compile(r"{([a-z_]+)}")
_UNKNOWN_ID: Final = "00000000-0000-7000-8000-000000000000"


@dataclass(frozen=True)
class Operation:
    """One operation of a contract."""

    surface: str
    method: str
    path: str
    permissions: tuple[str, ...]
    public: bool
    media_type: str | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def address(self, ids: dict[str, str] | None = None) -> str:
        """The path with ids put in; those not given are of nothing."""
        return _PARAMETER.sub(lambda found: (ids or {}).get(found[1], _UNKNOWN_ID), self.path)

    def body(self) -> dict[str, Any]:
        """Headers and content that get past the door, so that it is the caller who is judged."""
        if self.media_type is None:
            return {}
        content = b"{}" if self.media_type == "application/json" else b""
        return {"headers": {"Content-Type": self.media_type, "Idempotency-Key": "k"}, "content": content}


def _operations() -> Iterator[Operation]:
    for surface in SURFACES:
        document = json.loads((REPOSITORY / f"contracts/http/{surface}.v1.openapi.json").read_text())
        for path, item in document["paths"].items():
            for method, content in item.items():
                media_types = list(content.get("requestBody", {}).get("content", {}))
                yield Operation(
                    surface,
                    method.upper(),
                    path,
                    tuple(content.get("x-permissions", ())),
                    bool(content.get("x-public")),
                    media_types[0] if media_types else None,
                )


OPERATIONS: Final = tuple(_operations())
CLOSED: Final = tuple(operation for operation in OPERATIONS if not operation.public)


@dataclass(frozen=True)
class Callers:
    """A caller of each kind who may everything, and one of each kind who may nothing."""

    mighty: dict[str, Caller]
    powerless: dict[str, Caller]


async def _user(system: System, staff: Caller, account_id: str, role_id: str, email: str) -> Caller:
    await staff.post("/admin/v1/users", {"account_id": account_id, "email": email, "role_id": role_id})
    token = await until(lambda: system.story.mailed_token(email), what=f"the mail to {email}")
    body = {"token": token, "password": PASSWORD}
    await system.platform.send("POST", "/v1/invitations/accept", json=body)
    return await system.platform.user(email, PASSWORD, CHANNEL)


async def _staff_member(system: System, staff: Caller, role_id: str, email: str) -> Caller:
    await staff.post("/admin/v1/staff", {"email": email, "role_id": role_id})
    token = await until(lambda: system.story.mailed_token(email), what=f"the mail to {email}")
    body = {"token": token, "password": PASSWORD}
    await system.platform.send("POST", "/v1/invitations/accept", json=body)
    return await system.platform.staff(email, PASSWORD)


async def _role(staff: Caller, kind: str, permissions: list[str]) -> str:
    body = {"code": f"test-{secrets.token_hex(4)}", "kind": kind, "name": "Test", "permissions": permissions}
    made: dict[str, str] = await staff.post("/admin/v1/roles", body)
    return made["id"]


def _all_permissions(surface: str) -> list[str]:
    return sorted(
        {name for operation in OPERATIONS if operation.surface == surface for name in operation.permissions}
    )


async def _machine(system: System, staff: Caller, scopes: list[str]) -> Caller:
    code = f"test-{secrets.token_hex(4)}"
    made = await staff.post(
        "/admin/v1/clients", {"code": code, "name": code, "scopes": scopes, "source": "test"}
    )
    return await system.platform.machine(code, made["secret"])


async def _accounts(staff: Caller, client: Caller) -> list[str]:
    items = [{"external_id": f"T{number}", "currency": "EUR", "name": f"T{number}"} for number in (1, 2)]
    await client.post("/integration/v1/accounts", {"items": items})
    found = [await staff.get("/admin/v1/accounts", external_id=item["external_id"]) for item in items]
    return [page["items"][0]["id"] for page in found]


@dataclass(frozen=True)
class World:
    """Callers, two accounts, and an object of each kind that belongs to the first."""

    callers: Callers
    other: Caller
    owned: dict[str, str]


@pytest.fixture(scope="module")
async def world(system: System) -> World:
    """Made through the public surfaces."""
    staff = await system.staff()
    channel = await staff.send("POST", "/admin/v1/channels", json={"code": CHANNEL, "name": CHANNEL})
    assert channel.status_code == 201 or channel.json()["code"] == "code_taken"
    client = await _machine(system, staff, _all_permissions("integration"))
    first, second = await _accounts(staff, client)
    everything = await _role(staff, "user", _all_permissions("channel"))
    nothing = await _role(staff, "user", [])
    user = await _user(system, staff, first, everything, "mighty@example.com")
    callers = Callers(
        mighty={"channel": user, "integration": client, "admin": staff},
        powerless={
            "channel": await _user(system, staff, first, nothing, "powerless@example.com"),
            "integration": await _machine(system, staff, []),
            "admin": await _staff_member(system, staff, await _role(staff, "staff", []), "clerk@example.com"),
        },
    )
    other = await _user(system, staff, second, everything, "other@example.com")
    cart = await user.post("/v1/carts", {"name": "mine"})
    me = await user.get("/v1/me")
    return World(callers, other, {"cart_id": cart["id"], "user_id": me["user_id"]})


def _told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


@pytest.mark.parametrize("operation", CLOSED, ids=str)
async def test_without_a_token_nothing_is_answered(system: System, operation: Operation) -> None:
    answer = await system.platform.send(operation.method, operation.address(), **operation.body())
    assert (401, "unauthenticated") == _told(answer)


@pytest.mark.parametrize("operation", CLOSED, ids=str)
async def test_a_token_of_another_kind_is_refused(world: World, operation: Operation) -> None:
    for surface, caller in world.callers.mighty.items():
        if surface != operation.surface:
            answer = await caller.send(operation.method, operation.address(), **operation.body())
            assert (403, "permission_denied") == _told(answer), surface


@pytest.mark.parametrize("operation", [each for each in CLOSED if each.permissions], ids=str)
async def test_a_token_that_grants_nothing_is_refused(world: World, operation: Operation) -> None:
    caller = world.callers.powerless[operation.surface]
    answer = await caller.send(operation.method, operation.address(), **operation.body())
    assert (403, "permission_denied") == _told(answer)


OF_AN_ACCOUNT: Final = [
    operation
    for operation in CLOSED
    if operation.surface == "channel" and {"cart_id", "user_id"} & set(_PARAMETER.findall(operation.path))
]


@pytest.mark.parametrize("operation", OF_AN_ACCOUNT, ids=str)
async def test_another_accounts_object_is_not_there(world: World, operation: Operation) -> None:
    address = operation.address(world.owned)
    options = operation.body()
    options["headers"] = {**options.get("headers", {}), "If-Match": '"1"'}
    theirs = await world.other.send(operation.method, address, **options)
    nothings = await world.other.send(operation.method, operation.address(), **options)
    assert theirs.status_code in (404, 422)
    # For somebody else's the answer is the same as for nothing at all.
    assert _told(nothings) == _told(theirs)


def test_every_operation_says_who_may_call_it_or_is_public_on_purpose() -> None:
    unsaid = [
        str(operation)
        for operation in CLOSED
        if not operation.permissions and operation.path not in _FOR_EVERYBODY_LOGGED_IN
    ]
    assert [] == unsaid


# Open to every caller of the surface: who somebody is, and getting out.
_FOR_EVERYBODY_LOGGED_IN: Final = frozenset(
    {"/v1/me", "/v1/logout", "/v1/login/switch-account", "/admin/v1/me", "/admin/v1/logout"}
)
