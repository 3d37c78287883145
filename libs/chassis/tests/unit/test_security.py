"""Route declarations: who may call what, and concurrent edits."""

import httpx
import pytest

from chassis.principal import Caller
from libs.chassis.tests.support.issuer import Issuer, principal

_ID = "018f3a1c-0000-7000-8000-000000000000"


def _as(issuer: Issuer, caller: Caller, *permissions: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {issuer.token(principal(caller, *permissions))}"}


@pytest.mark.parametrize(
    ("method", "path", "caller", "permissions", "status"),
    [
        ("GET", "/v1/me", Caller.USER, (), 200),
        ("GET", "/v1/me", Caller.STAFF, (), 403),
        ("GET", "/v1/me", Caller.CLIENT, (), 403),
        ("GET", "/integration/v1/scopes", Caller.CLIENT, ("things:read",), 200),
        ("GET", "/integration/v1/scopes", Caller.CLIENT, ("things:write",), 403),
        ("GET", "/integration/v1/scopes", Caller.USER, ("things:read",), 403),
        ("GET", "/internal/v1/things", Caller.STAFF, (), 200),
        ("GET", "/internal/v1/things", Caller.CLIENT, (), 403),
        ("PUT", f"/admin/v1/things/{_ID}", Caller.STAFF, ("things:own",), 428),
        ("PUT", f"/admin/v1/things/{_ID}", Caller.STAFF, ("things:read",), 403),
    ],
)
async def test_only_the_declared_callers_with_a_declared_permission_come_in(
    client: httpx.AsyncClient,
    issuer: Issuer,
    method: str,
    path: str,
    caller: Caller,
    permissions: tuple[str, ...],
    status: int,
) -> None:
    answer = await client.request(method, path, headers=_as(issuer, caller, *permissions))
    assert status == answer.status_code


@pytest.mark.parametrize(
    "value",
    ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer a.b.c", "Bearer " + "x" * 9000, b"Bearer \xff\xfe"],
)
async def test_what_is_no_token_is_401(client: httpx.AsyncClient, value: str | bytes) -> None:
    answer = await client.get(
        "/v1/me", headers=[(b"authorization", value if isinstance(value, bytes) else value.encode())]
    )
    assert (401, "unauthenticated") == (answer.status_code, answer.json()["code"])


@pytest.mark.parametrize(
    ("if_match", "status"),
    [
        ('"7"', 200),
        ('"8"', 412),
        ("7", 412),
        ('W/"7"', 412),
        ("*", 412),
        ('"7", "8"', 412),
        ('"9999999999999999999"', 412),
        (None, 428),
    ],
)
async def test_a_change_names_the_version_it_is_based_on(
    client: httpx.AsyncClient, issuer: Issuer, if_match: str | None, status: int
) -> None:
    headers = _as(issuer, Caller.STAFF, "things:write") | ({"If-Match": if_match} if if_match else {})
    assert status == (await client.put(f"/admin/v1/things/{_ID}", headers=headers)).status_code


async def test_a_reader_is_told_the_version(client: httpx.AsyncClient) -> None:
    assert '"7"' == (await client.get(f"/v1/things/{_ID}")).headers["etag"]
