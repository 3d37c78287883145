"""Requests that another service answers: passed as they are, and nothing else is."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest

from chassis.principal import Caller
from services.gateway.tests.conftest import Door
from services.gateway.tests.support.neighbours import Neighbours


async def _raw(gateway: httpx.AsyncClient, target: str, token: str) -> int:
    """The status for a request line that no polite client would send."""
    port = urlsplit(str(gateway.base_url)).port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = (
        f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    )
    writer.write(request.encode("latin-1"))
    line = await reader.readline()
    writer.close()
    return int(line.split()[1])


async def test_path_query_and_headers_arrive_as_they_were_sent(
    gateway: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    sent = neighbours.tokens.headers() | {
        "Accept-Language": "nl-BE",
        "If-Match": '"3"',
        "X-Forwarded-For": "6.6.6.6",
    }
    answer = await gateway.get("/v1/orders/018f?q=a%2Fb%23c&q=%E2%82%AC", headers=sent)
    assert {"path": "/v1/orders/018f", "query": "q=a%2Fb%23c&q=%E2%82%AC"} == answer.json()
    assert ("nl-BE", '"3"') == (neighbours.headers["accept-language"], neighbours.headers["if-match"])
    assert sent["Authorization"] == neighbours.headers["authorization"]
    assert "x-forwarded-for" not in neighbours.headers


async def test_headers_of_the_answer_come_back_with_one_request_id(
    gateway: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    sent = neighbours.tokens.headers() | {"X-Request-Id": "mine"}
    answer = await gateway.get("/v1/orders", headers=sent)
    assert ('"7"', ["mine"]) == (answer.headers["etag"], answer.headers.get_list("x-request-id"))
    assert "mine" == neighbours.headers["x-request-id"]
    assert int(neighbours.headers["x-deadline-ms"]) > 20_000


async def test_a_fixed_path_wins_over_a_parameter_and_a_public_operation_needs_no_token(
    gateway: httpx.AsyncClient,
) -> None:
    answer = await gateway.post(
        "/v1/login", json={"login": "a@b.nl"}, headers={"Authorization": "Bearer old"}
    )
    assert (200, '{"login":"a@b.nl"}') == (answer.status_code, answer.json()["body"])


@pytest.mark.parametrize(
    "target",
    [
        "/internal/v1/prices",
        "/v1/../internal/v1/prices",
        "/v1/orders/../../internal/v1/prices",
        "/v1/orders/%2e%2e/%2e%2e/internal/v1/prices",
        "/v1/orders/..%2f..%2finternal%2fv1%2fprices",
        "/v1/orders/a%2Fb",
        "/v1/orders/a%00",
        "//internal/v1/prices",
        "/v1//orders",
        "/v1/orders/",
        "/v1/orders/a\\..\\b",
        "/v1/orders/a;x=1",
        "/v1/nothing",
        "http://other/internal/v1/prices",
        "/internal/openapi.json",
    ],
)
async def test_what_no_contract_names_has_no_way_in(
    gateway: httpx.AsyncClient, neighbours: Neighbours, target: str
) -> None:
    assert 404 == await _raw(gateway, target, neighbours.tokens.user())
    assert [] == neighbours.asked


async def test_another_method_on_a_known_path_is_405(
    gateway: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    answer = await gateway.delete("/v1/orders", headers=neighbours.tokens.headers())
    assert (405, "method_not_allowed") == (answer.status_code, answer.json()["code"])


async def test_without_a_valid_token_nothing_is_passed(
    gateway: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    for headers in ({}, {"Authorization": "Bearer no"}, {"Authorization": "Basic eDp5"}):
        answer = await gateway.get("/v1/orders", headers=headers)
        assert (401, "unauthenticated") == (answer.status_code, answer.json()["code"])
    assert [] == neighbours.asked


async def test_a_body_over_the_limit_is_refused_declared_or_counted(
    door: Door, neighbours: Neighbours
) -> None:
    headers = neighbours.tokens.headers()

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 1000

    async with door(json_limit=10_000, batch_limit=50_000) as gateway:
        declared = await gateway.post("/v1/orders", content=b"x" * 10_001, headers=headers)
        counted = await gateway.post("/v1/orders", content=endless(), headers=headers)
        batch = await gateway.post("/integration/v1/stock", content=b"x" * 20_000, headers=headers)
        upload = await gateway.post("/integration/v1/products/imports", content=endless(), headers=headers)
    assert [413, 413, 202, 202] == [answer.status_code for answer in (declared, counted, batch, upload)]
    assert "body_too_large" == counted.json()["code"]
    assert 120_000 == neighbours.received


async def test_callers_who_hang_up_do_not_close_the_service_for_others(
    gateway: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    port = urlsplit(str(gateway.base_url)).port
    for _ in range(8):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        head = (
            "POST /integration/v1/products/imports HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n"
            f"Authorization: Bearer {neighbours.tokens.user()}\r\n\r\n"
        )
        writer.write(head.encode() + b"x" * 1000)
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.close()
    await asyncio.sleep(0.2)
    answer = await gateway.post("/integration/v1/stock", json={}, headers=neighbours.tokens.headers())
    assert 202 == answer.status_code


async def test_an_answer_that_breaks_off_is_seen_as_broken(
    gateway: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await gateway.get("/v1/orders/mine", headers=neighbours.tokens.headers())


async def test_a_service_that_is_down_is_503_with_retry_after(door: Door, neighbours: Neighbours) -> None:
    async with door(order_export_url="http://127.0.0.1:9") as gateway:
        answer = await gateway.get("/v1/orders", headers=neighbours.tokens.headers())
        other = await gateway.get("/v1/me", headers=neighbours.tokens.headers())
    assert (503, "upstream_unavailable", "1") == (
        answer.status_code,
        answer.json()["code"],
        answer.headers["retry-after"],
    )
    assert 200 == other.status_code


async def test_tokens_of_every_kind_of_caller_pass(
    gateway: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    for caller in Caller:
        headers = neighbours.tokens.headers(caller=caller)
        assert 200 == (await gateway.get("/admin/v1/accounts/1", headers=headers)).status_code
