"""Failures on the wire: right status, code and place, and never anything from inside."""

from collections.abc import AsyncIterator

import httpx
import pytest

from libs.chassis.tests.support.thing_service import codes, post_json

_JSON = {"Content-Type": "application/json"}
_TEXT = {"Content-Type": "text/plain"}


async def test_a_wrong_field_is_named_by_its_json_pointer(client: httpx.AsyncClient) -> None:
    answer = await post_json(
        client, b'{"parts": [{"quantity": "1"}, {"quantity": "x"}], "texts": {"a/b~c": ""}}'
    )
    assert [("/parts/1/quantity", "decimal"), ("/texts/a~1b~0c", "string_too_short")] == codes(answer)


async def test_missing_and_unknown_fields_have_their_own_codes(client: httpx.AsyncClient) -> None:
    answer = await post_json(client, b'{"nome": "a"}', "/v1/required-things")
    assert [("/name", "required"), ("/nome", "unknown_field")] == codes(answer)


@pytest.mark.parametrize(
    ("sent", "pointers"),
    [
        (b'{"column": "\\u0001"}', ["/column", "/column"]),
        (b'{"column": {}}', ["/column", "/column"]),
        (b'{"packed": {"shape": "box", "width": "x"}}', ["/packed/width"]),
        (b'{"packed": {"shape": "box"}}', ["/packed/width"]),
        (b'{"packed": {"shape": "can"}}', ["/packed"]),
        (b'{"names": {"NL": "a"}}', ["/names/NL"]),
        (b'{"parts": 1}', ["/parts"]),
        (b"[]", [""]),
    ],
)
async def test_a_place_is_one_that_was_sent_or_is_missing(
    client: httpx.AsyncClient, sent: bytes, pointers: list[str]
) -> None:
    assert pointers == [pointer for pointer, _ in codes(await post_json(client, sent))]


async def test_a_wrong_parameter_is_named(client: httpx.AsyncClient) -> None:
    assert [("limit", "less_than_equal")] == codes(await client.get("/v1/things?limit=201"))


@pytest.mark.parametrize("path", ["/v1/things", "/v1/me", "/v1/failures/conflict"])
async def test_a_parameter_that_the_operation_has_not_is_named_not_passed_over(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.get(f"{path}?limmit=1&limmit=2&by=a")
    assert 422 == answer.status_code
    assert [("limmit", "unknown_parameter"), ("by", "unknown_parameter")] == codes(answer)


async def test_a_thousand_errors_are_told_as_a_hundred(client: httpx.AsyncClient) -> None:
    answer = await post_json(client, b'{"parts": [' + b",".join([b"{}"] * 1000) + b"]}")
    assert 100 == len(answer.json()["errors"])


async def test_a_problem_carries_type_title_status_code_and_request_id(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/failures/conflict", headers={"X-Request-Id": "r-1"})
    assert {
        "type": "/problems/conflict",
        "title": "The present state forbids this",
        "status": 409,
        "code": "conflict",
        "request_id": "r-1",
        "detail": "it is closed",
        "state": "closed",
    } == answer.json()


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status", "code"),
    [
        ("GET", "/v1/nothing", {}, b"", 404, "not_found"),
        ("GET", "/v1/things/", {}, b"", 404, "not_found"),
        ("DELETE", "/v1/things", {}, b"", 405, "method_not_allowed"),
        ("POST", "/v1/things", _JSON, b"{", 400, "malformed_json"),
        ("POST", "/v1/things", _TEXT, b"{}", 415, "unsupported_media_type"),
        ("POST", "/v1/things", {}, b"{}", 415, "unsupported_media_type"),
        ("POST", "/v1/things", _JSON | {"Content-Length": "2000000"}, b"{}", 413, "body_too_large"),
        ("GET", "/v1/me", {}, b"", 401, "unauthenticated"),
    ],
)
async def test_what_the_framework_refuses_is_a_problem_too(
    client: httpx.AsyncClient,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    status: int,
    code: str,
) -> None:
    answer = await client.request(method, path, headers=headers, content=body)
    assert (status, code) == (answer.status_code, answer.json()["code"])
    assert "application/problem+json" == answer.headers["content-type"]


async def test_405_says_what_is_allowed(client: httpx.AsyncClient) -> None:
    assert "allow" in (await client.delete("/v1/things")).headers


async def test_401_says_how_to_authenticate(client: httpx.AsyncClient) -> None:
    assert "Bearer" == (await client.get("/v1/me")).headers["www-authenticate"]


async def test_a_body_sent_in_chunks_beyond_the_limit_is_refused(client: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    answer = await client.post("/v1/things", content=chunks(), headers={"Content-Type": "application/json"})
    assert (413, "body_too_large") == (answer.status_code, answer.json()["code"])


async def test_a_chunked_body_without_a_type_is_refused(client: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"{}"

    assert 415 == (await client.post("/v1/things", content=chunks())).status_code


async def test_a_form_is_not_asked_to_be_json(client: httpx.AsyncClient) -> None:
    assert "a" == (await client.post("/v1/form", data={"name": "a"})).json()


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("bug", 500, "internal_error"),
        ("syntax", 500, "internal_error"),
        ("numeric-overflow", 422, "validation_failed"),
        ("hot-bad-value", 422, "validation_failed"),
        ("deadlock", 503, "unavailable"),
        ("shut-down", 503, "unavailable"),
        ("hot-shut-down", 503, "unavailable"),
        ("hot-closed", 503, "unavailable"),
        ("refused", 503, "unavailable"),
        ("pool", 503, "unavailable"),
    ],
)
async def test_a_failure_inside_tells_nothing_from_inside(
    client: httpx.AsyncClient, name: str, status: int, code: str
) -> None:
    answer = await client.get(f"/v1/failures/{name}")
    assert (status, code) == (answer.status_code, answer.json()["code"])
    assert "secret" not in answer.text
    assert (status == 503) == ("retry-after" in answer.headers)


async def test_a_failure_says_when_to_come_back(client: httpx.AsyncClient) -> None:
    assert "2" == (await client.get("/v1/failures/busy")).headers["retry-after"]
