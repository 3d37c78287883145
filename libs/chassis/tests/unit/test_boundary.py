"""The request boundary: ids, trace and caching rules on every answer, whoever made it."""

import re

import httpx
import pytest

from chassis import context
from libs.chassis.tests.support.thing_service import post_json


@pytest.mark.parametrize("path", ["/v1/things", "/v1/nothing", "/v1/failures/bug", "/v1/failures/deadlock"])
async def test_every_answer_has_a_request_id_and_is_not_stored(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers={"X-Request-Id": "abc-1"})
    found = [answer.headers[name] for name in ("x-request-id", "cache-control", "x-content-type-options")]
    assert ["abc-1", "no-store", "nosniff"] == found


async def test_an_answer_to_a_body_too_large_has_a_request_id_as_well(client: httpx.AsyncClient) -> None:
    answer = await post_json(client, b" " * 2_000_000)
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("offered", ["a b", "x" * 65, "", "a\u00e9", "<script>"])
async def test_a_harmful_request_id_is_replaced(client: httpx.AsyncClient, offered: str) -> None:
    answer = await client.get("/v1/things", headers=[(b"x-request-id", offered.encode())])
    assert re.fullmatch("[0-9a-f]{24}", answer.headers["x-request-id"])


def test_a_callers_trace_goes_on_with_a_new_span() -> None:
    offered = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    accepted = context.accept_traceparent(offered)
    assert ("00-" + "a" * 32, "01") == (accepted[:35], accepted[-2:])
    assert "b" * 16 not in accepted


@pytest.mark.parametrize(
    "offered",
    [
        None,
        "",
        "00-" + "0" * 32 + "-" + "b" * 16 + "-01",
        "00-" + "a" * 32 + "-" + "0" * 16 + "-01",
        "00-" + "A" * 32 + "-" + "b" * 16 + "-01",
        "ff-" + "a" * 32 + "-" + "b" * 16 + "-01",
        "00-" + "a" * 32 + "-" + "b" * 16 + "-01\n",
    ],
)
def test_a_trace_that_is_none_is_replaced(offered: str | None) -> None:
    accepted = context.accept_traceparent(offered)
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-00", accepted)
    assert "0" * 32 not in accepted


async def test_metrics_name_the_route_and_never_the_path_as_sent(client: httpx.AsyncClient) -> None:
    await client.get("/v1/things/018f3a1c-0000-7000-8000-0000000000aa")
    await client.get("/v1/canary-of-a-path")
    page = (await client.get("/metrics")).text
    assert 'route="/v1/things/{thing_id}"' in page
    assert 'route="unmatched"' in page
    assert "canary" not in page
