"""Limits, origins and the published documents, over HTTP."""

import re

import httpx

from chassis.principal import Caller
from services.gateway.tests.conftest import Door
from services.gateway.tests.support.neighbours import Neighbours


async def test_a_user_who_sends_more_than_its_burst_is_told_when_to_come_back(
    door: Door, neighbours: Neighbours
) -> None:
    headers = neighbours.tokens.headers()
    async with door(user_burst=3, user_rate=0.5) as gateway:
        answers = [await gateway.get("/v1/orders", headers=headers) for _ in range(4)]
        other = await gateway.get("/v1/orders", headers=neighbours.tokens.headers(subject="user-2"))
    assert [200, 200, 200, 429] == [answer.status_code for answer in answers]
    assert "rate_limited" == answers[3].json()["code"]
    assert int(answers[3].headers["retry-after"]) in (1, 2)
    assert ('"user";q=3;w=6', '"user";r=2;t=2') == (
        answers[0].headers["ratelimit-policy"],
        answers[0].headers["ratelimit"],
    )
    assert 200 == other.status_code


async def test_users_of_one_shop_have_buckets_of_their_own_and_a_client_has_one(
    door: Door, neighbours: Neighbours
) -> None:
    async with door(user_burst=1, user_rate=0.1, client_burst=2, client_rate=0.1) as gateway:
        users = [
            await gateway.get("/v1/me", headers=neighbours.tokens.headers(subject=f"user-{number}"))
            for number in range(5)
        ]
        machine = neighbours.tokens.headers(caller=Caller.CLIENT, subject="erp")
        clients = [await gateway.get("/v1/me", headers=machine) for _ in range(3)]
    assert {200} == {answer.status_code for answer in users}
    assert [200, 200, 429] == [answer.status_code for answer in clients]


async def test_logging_in_is_limited_by_address_whatever_token_is_shown(
    door: Door, neighbours: Neighbours
) -> None:
    async with door(login_burst=2, login_rate=0.1) as gateway:
        answers = [
            await gateway.post(
                "/v1/login", json={}, headers=neighbours.tokens.headers(subject=f"user-{number}")
            )
            for number in range(3)
        ]
    assert [200, 200, 429] == [answer.status_code for answer in answers]


async def test_an_unknown_origin_gets_no_permission_from_a_preflight(gateway: httpx.AsyncClient) -> None:
    asking = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    answer = await gateway.options("/v1/products", headers=asking)
    assert 204 == answer.status_code
    assert "access-control-allow-origin" not in answer.headers


async def test_configured_origins_may_call_the_admin_surface_and_nobody_the_integration_surface(
    door: Door, neighbours: Neighbours
) -> None:
    desk = {"Origin": "https://desk.example", "Access-Control-Request-Method": "PATCH"}
    async with door(admin_origins="https://desk.example") as gateway:
        admin = await gateway.options("/admin/v1/accounts/1", headers=desk)
        machine = await gateway.options("/integration/v1/stock", headers=desk)
        answer = await gateway.get(
            "/admin/v1/accounts/1", headers=neighbours.tokens.headers(caller=Caller.STAFF) | desk
        )
    assert "https://desk.example" == admin.headers["access-control-allow-origin"]
    assert "If-Match" in admin.headers["access-control-allow-headers"]
    assert "access-control-allow-origin" not in machine.headers
    assert "https://desk.example" == answer.headers["access-control-allow-origin"]
    assert "Origin" in answer.headers["vary"]


async def test_contracts_are_served_as_documents_and_as_pages_that_load_nothing(
    gateway: httpx.AsyncClient,
) -> None:
    for surface in ("channel", "integration", "admin"):
        document = await gateway.get(f"/openapi/{surface}.v1.json")
        page = await gateway.get(f"/docs/{surface}")
        assert "3.1.0" == document.json()["openapi"]
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert [] == re.findall(r"<script|<link|<img|src=|@import|url\(|https?://", page.text)
        for path in document.json()["paths"]:
            assert f"<code>{path}</code>" in page.text


async def test_every_problem_code_of_the_contracts_is_explained(gateway: httpx.AsyncClient) -> None:
    for surface in ("channel", "integration", "admin"):
        text = (await gateway.get(f"/openapi/{surface}.v1.json")).text
        codes = {
            code for found in re.findall(r'"x-problem-codes":\[([^\]]*)\]', text) for code in found.split(",")
        }
        assert len(codes) > 5
        for code in (quoted.strip('"') for quoted in codes):
            assert 200 == (await gateway.get(f"/problems/{code}")).status_code, code


async def test_unknown_documents_are_not_found(gateway: httpx.AsyncClient) -> None:
    for path in ("/openapi/channel", "/openapi/x.v1.json", "/docs/x", "/problems/x", "/docs/../x"):
        answer = await gateway.get(path)
        assert (404, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
