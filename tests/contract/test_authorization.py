"""Every published operation, as the contracts list them: nothing gets through that should not.

Each operation is called with no token, with tokens of the other kinds of caller, and with a token of its
kind that grants nothing. What takes the id of an account's or an ERP's object is called by another's.
"""

import secrets
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest

from local_stack.client import Caller, until
from tests.support.contract import CLOSED, UNKNOWN_ID, Operation, permissions_of
from tests.support.shop import Shop, join, join_staff, machine, open_shop, role
from tests.support.system import System

# Staff see every account, so what belongs to one is a matter of the other two surfaces.
_OWNED: Final = frozenset({"cart_id", "user_id", "order_id", "import_id", "export_id"})
OF_SOMEBODY: Final = tuple(
    operation
    for operation in CLOSED
    if operation.surface != "admin" and _OWNED.intersection(operation.parameters)
)
# Bodies good enough that the answer depends on the object alone.
_VALID: Final[dict[str, dict[str, Any]]] = {
    "batch": {"lines": [{"line_id": UNKNOWN_ID, "quantity": "0"}]},
    "acknowledge": {"fence": 1, "erp_order_number": "1"},
    "extend": {"fence": 1, "lease_seconds": 10},
    "reject": {"fence": 1, "reasons": [{"code": "c", "message": "m"}]},
    "release": {"fence": 1},
}


@dataclass(frozen=True)
class Callers:
    """A caller of each kind who may everything, and one of each kind who may nothing."""

    mighty: dict[str, Caller]
    powerless: dict[str, Caller]


async def _user(system: System, staff: Caller, account_id: str, role_id: str, channel: str) -> Caller:
    email = f"{secrets.token_hex(4)}@{channel}.example"
    await staff.post("/admin/v1/users", {"account_id": account_id, "email": email, "role_id": role_id})
    return await join(system, email, channel)


async def _clerk(system: System, staff: Caller) -> Caller:
    email = f"clerk-{secrets.token_hex(4)}@example.com"
    nothing = await role(staff, "staff", [])
    await staff.post("/admin/v1/staff", {"email": email, "role_id": nothing})
    return await join_staff(system, email)


async def _second_account(shop: Shop) -> str:
    items = [{"external_id": "other", "currency": "EUR", "name": "Other", "customer_group": shop.code}]
    await shop.client.post("/integration/v1/accounts", {"items": items})
    accounts = (await shop.staff.get("/admin/v1/accounts", external_id="other", limit=200))["items"]
    ids: list[str] = [account["id"] for account in accounts if account["source"] == shop.code]
    return ids[0]


@dataclass(frozen=True)
class World:
    """Callers; users and an ERP of somebody else; and ids of objects that belong to the mighty ones."""

    callers: Callers
    others: dict[str, Caller]
    owned: dict[str, str]
    runs: dict[str, str]

    def ids(self, operation: Operation) -> dict[str, str]:
        """What the operation's path may name; runs are known to the service that received them."""
        resource = operation.path.split("/")[3]
        return self.owned | {"import_id": self.runs.get(resource, UNKNOWN_ID)}


@pytest.fixture(scope="module")
async def world(system: System) -> World:
    """Made through the public surfaces."""
    shop = await open_shop(system)
    staff = shop.staff
    body = {"code": shop.code, "name": shop.code, "source": shop.code, "protocol": "pull"}
    await staff.post("/admin/v1/connectors", body | {"deduplicates_by_order_number": True})
    scopes = permissions_of("integration")
    client = await machine(system, staff, shop.code, scopes)
    everything = await role(staff, "user", permissions_of("channel"))
    nothing = await role(staff, "user", [])
    user = await _user(system, staff, shop.account_id, everything, shop.code)
    callers = Callers(
        mighty={"channel": user, "integration": client, "admin": staff},
        powerless={
            "channel": await _user(system, staff, shop.account_id, nothing, shop.code),
            "integration": await machine(system, staff, shop.code, []),
            "admin": await _clerk(system, staff),
        },
    )
    others = {
        "channel": await _user(system, staff, await _second_account(shop), everything, shop.code),
        "integration": await machine(system, staff, f"not-{shop.code}", scopes),
    }
    owned = {
        "cart_id": (await user.post("/v1/carts", {"name": "mine"}))["id"],
        "user_id": (await user.get("/v1/me"))["user_id"],
        "order_id": (await shop.order(user))["id"],
        "export_id": await until(lambda: _export_id(client), what="the order to be offered to the ERP"),
    }
    return World(callers, others, owned, await _runs(client))


async def _export_id(client: Caller) -> str | None:
    items = (await client.get("/integration/v1/order-exports"))["items"]
    return items[0]["export_id"] if items else None


async def _runs(client: Caller) -> dict[str, str]:
    """A run of every resource that is imported."""
    runs = {}
    for operation in OF_SOMEBODY:
        resource = operation.path.split("/")[3]
        if "import_id" in operation.parameters and resource not in runs:
            answer = await client.call(
                "POST",
                f"/integration/v1/{resource}/imports",
                content=b"",
                headers={"Content-Type": "application/x-ndjson"},
            )
            runs[resource] = answer["id"]
    return runs


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


@pytest.mark.parametrize("operation", OF_SOMEBODY, ids=str)
async def test_what_is_somebody_elses_is_not_there(world: World, operation: Operation) -> None:
    caller = world.others[operation.surface]
    options = operation.body(_VALID.get(operation.last, {}))
    options["headers"] = {**options.get("headers", {}), "If-Match": '"1"'}
    theirs = await caller.send(operation.method, operation.address(world.ids(operation)), **options)
    nothings = await caller.send(operation.method, operation.address(), **options)
    # For somebody else's the answer is the same as for nothing at all.
    assert 404 == theirs.status_code, theirs.text
    assert _told(nothings) == _told(theirs)


@pytest.mark.parametrize("operation", [each for each in OF_SOMEBODY if each.method == "GET"], ids=str)
async def test_its_owner_finds_it(world: World, operation: Operation) -> None:
    """Else the test above could pass with ids of nothing."""
    owner = world.callers.mighty[operation.surface]
    answer = await owner.send("GET", operation.address(world.ids(operation)))
    assert 200 == answer.status_code, answer.text


LISTS: Final = [
    operation
    for operation in CLOSED
    if operation.surface != "admin" and operation.method == "GET" and not operation.parameters
]


async def test_no_list_shows_what_is_somebody_elses(world: World) -> None:
    ids = {*world.owned.values(), *world.runs.values()}
    shown_to_owners: set[str] = set()
    for operation in LISTS:
        mine = await world.callers.mighty[operation.surface].send("GET", operation.path)
        theirs = await world.others[operation.surface].send("GET", operation.path)
        shown_to_owners |= {each for each in ids if each in mine.text}
        assert [] == [each for each in ids if each in theirs.text], operation
    # Else it would prove nothing.
    assert ids == shown_to_owners


def test_every_id_in_a_path_is_somebodys_or_nobodys_on_purpose() -> None:
    unsaid = [
        str(operation)
        for operation in CLOSED
        if operation.surface != "admin" and set(operation.parameters) - _OWNED - _OF_NOBODY
    ]
    assert [] == unsaid


# Products are the wholesaler's; which of them a user may see is proven by catalog.
_OF_NOBODY: Final = frozenset({"product_id"})


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
