"""Every operation refuses who may not call it."""

from typing import Any

import pytest

from chassis.principal import Caller
from pricing.api import contract
from services.pricing.tests.support.states import ACCOUNT
from services.pricing.tests.support.world import World

OPERATIONS = sorted(
    (method.upper(), path, tuple(operation["x-callers"]), tuple(operation["x-permissions"]))
    for path, methods in contract()["paths"].items()
    for method, operation in methods.items()
)
SURFACES = {"/admin/": ("staff",), "/integration/": ("client",)}


def concrete(path: str) -> str:
    for name in ("rule_id", "import_id", "profile_id"):
        path = path.replace(f"{{{name}}}", ACCOUNT)
    return path


def body_of(method: str) -> dict[str, Any]:
    return {"json": {}} if method in ("POST", "PUT", "PATCH") else {}


def test_every_operation_says_who_may_call_it_and_belongs_to_its_surface() -> None:
    assert OPERATIONS
    for _, path, callers, permissions in OPERATIONS:
        for prefix, expected in SURFACES.items():
            if path.startswith(prefix):
                assert (expected, True) == (callers, bool(permissions))


@pytest.mark.parametrize(("method", "path", "callers", "permissions"), OPERATIONS)
async def test_no_token_wrong_kind_and_wrong_permission_are_refused(
    world: World, method: str, path: str, callers: tuple[str, ...], permissions: tuple[str, ...]
) -> None:
    where = concrete(path)
    nobody = await world.client.request(method, where, **body_of(method))
    assert 401 == nobody.status_code
    for caller in Caller:
        if caller.value in callers and not permissions:
            continue
        wrong = "prices:read" if caller.value in callers else permissions[0] if permissions else "x"
        account = ACCOUNT if caller is Caller.USER else None
        headers = world.token(caller, [wrong], account_id=account, source="erp")
        refused = await world.client.request(method, where, headers=headers, **body_of(method))
        assert (403, "permission_denied") == (refused.status_code, refused.json()["code"])


async def test_the_internal_question_needs_a_permission_of_staff_and_machines_too(world: World) -> None:
    question = {"items": [], "account_id": ACCOUNT}
    for caller in (Caller.STAFF, Caller.CLIENT):
        answer = await world.client.post(
            "/internal/v1/prices", json=question, headers=world.token(caller, ["catalog:read"])
        )
        assert 403 == answer.status_code
