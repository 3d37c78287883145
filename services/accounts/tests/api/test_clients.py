"""Machine clients and their tokens (RFC 6749)."""

import base64
from typing import Any

import httpx
import pytest

from services.accounts.tests.support.people import change, revoked
from services.accounts.tests.support.platform import Platform

ERP = {"code": "erp", "name": "ERP", "scopes": ["accounts:feed", "users:feed"], "source": "erp"}


@pytest.fixture
async def client(platform: Platform) -> dict[str, Any]:
    made: dict[str, Any] = (await platform.staff("POST", "/admin/v1/clients", json=ERP)).json()
    return made


async def token(
    platform: Platform, form: dict[str, str] | None = None, basic: tuple[str, str] | None = None, **more: str
) -> httpx.Response:
    headers = {}
    if basic is not None:
        headers["Authorization"] = "Basic " + base64.b64encode(":".join(basic).encode()).decode()
    body = {"grant_type": "client_credentials", **more, **(form or {})}
    return await platform.http.post("/oauth/token", data=body, headers=headers)


async def test_a_client_proves_itself_by_form_or_by_basic(platform: Platform, client: dict[str, Any]) -> None:
    secret = client["secret"]
    for answer in (
        await token(platform, client_id="erp", client_secret=secret),
        await token(platform, basic=("erp", secret)),
    ):
        assert (200, "no-store") == (answer.status_code, answer.headers["Cache-Control"])
        assert ("Bearer", "accounts:feed users:feed") == (answer.json()["token_type"], answer.json()["scope"])
        assert answer.json()["expires_in"] <= 300


async def test_a_token_of_fewer_scopes_does_not_do_more(platform: Platform, client: dict[str, Any]) -> None:
    answer = await token(platform, client_id="erp", client_secret=client["secret"], scope="users:feed")
    assert "users:feed" == answer.json()["scope"]
    few = answer.json()["access_token"]
    refused = await platform.as_(few, "POST", "/integration/v1/accounts", json={"items": []})
    assert (403, "permission_denied") == (refused.status_code, refused.json()["code"])


async def test_a_wrong_secret_an_unknown_client_and_a_broken_header_answer_alike(
    platform: Platform, client: dict[str, Any]
) -> None:
    answers = [
        await token(platform, client_id="erp", client_secret="wrong"),
        await token(platform, client_id="nobody", client_secret=client["secret"]),
        await token(platform, client_id="nobody"),
        await token(platform, basic=("erp", "")),
        await platform.http.post(
            "/oauth/token", data={"grant_type": "client_credentials"}, headers={"Authorization": "Basic ***"}
        ),
    ]
    assert [(401, "invalid_client", 'Basic realm="kontor"')] * 5 == [
        (answer.status_code, answer.json()["error"], answer.headers["WWW-Authenticate"]) for answer in answers
    ]
    assert 1 == len({answer.json()["title"] for answer in answers})


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"scope": "prices:feed"}, "invalid_scope"),
        ({"grant_type": ""}, "invalid_request"),
    ],
)
async def test_what_the_token_endpoint_refuses_it_names_as_the_standard_does(
    platform: Platform, client: dict[str, Any], form: dict[str, str], error: str
) -> None:
    answer = await token(platform, client_id="erp", client_secret=client["secret"], form=form)
    assert (400, error, error) == (answer.status_code, answer.json()["error"], answer.json()["code"])


async def test_authenticating_twice_is_refused(platform: Platform, client: dict[str, Any]) -> None:
    answer = await token(platform, basic=("erp", client["secret"]), client_secret=client["secret"])
    assert (400, "invalid_request") == (answer.status_code, answer.json()["error"])


async def test_a_client_that_loses_a_scope_its_secret_or_itself_is_revoked(
    platform: Platform, client: dict[str, Any]
) -> None:
    path, key = f"/admin/v1/clients/{client['id']}", f"client:{client['id']}"
    await change(platform, path, {"name": "The ERP"})
    assert [] == await revoked(platform)
    await change(platform, path, {"scopes": ["accounts:feed"]})
    assert [key] == await revoked(platform)
    etag = (await platform.staff("GET", path)).headers["ETag"]
    renewed = await platform.staff("POST", f"{path}/renew-secret", headers={"If-Match": etag})
    assert [key] * 2 == await revoked(platform)
    assert 401 == (await token(platform, client_id="erp", client_secret=client["secret"])).status_code
    assert 200 == (await token(platform, client_id="erp", client_secret=renewed.json()["secret"])).status_code
    assert 204 == (await change(platform, path, None)).status_code
    assert [key] * 3 == await revoked(platform)
    assert 401 == (await token(platform, client_id="erp", client_secret=renewed.json()["secret"])).status_code


async def test_no_secret_is_read_again_or_audited(platform: Platform, client: dict[str, Any]) -> None:
    shown = await platform.staff("GET", f"/admin/v1/clients/{client['id']}")
    trail = await platform.staff("GET", "/admin/v1/audit", params={"object_id": client["id"]})
    assert ["client.created"] == [entry["action"] for entry in trail.json()["items"]]
    assert "secret" not in shown.text + trail.text


async def test_a_token_says_which_other_sources_references_may_name(platform: Platform) -> None:
    told = {"scopes": ["accounts:feed"], "source": "crm", "other_sources": ["erp"]}
    for code, others in (("alone", []), ("knowing", ["erp"])):
        body = {"code": code, "name": code, **told, "other_sources": others}
        secret = (await platform.staff("POST", "/admin/v1/clients", json=body)).json()["secret"]
        answer = await token(platform, {"client_id": code, "client_secret": secret})
        address = {"external_id": code, "account": {"source": "erp", "external_id": "1"}, "name": "Yard"}
        batch = await platform.as_(
            answer.json()["access_token"], "POST", "/integration/v1/addresses", json={"items": [address]}
        )
        (result,) = batch.json()["results"]
        refused = [(error["pointer"], error["code"]) for error in result["errors"]]
        assert ([] if others else [("/account", "source_not_allowed")]) == refused
