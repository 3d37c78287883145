"""Calls to another service, against a real HTTP server."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

import pytest
from aiohttp import web

from chassis import context
from chassis.upstream import RetryBudget, Upstream, UpstreamDown
from libs.chassis.tests.support.issuer import principal
from local_stack.ports import free_port


class Neighbour:
    """A service next door that answers as its path says, and remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[web.Request] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        match request.path:
            case "/slow":
                await asyncio.sleep(1.5)
            case "/stumbles" if len(self.requests) > 1:
                pass
            case "/hangs-up" | "/stumbles":
                assert request.transport is not None
                request.transport.abort()
            case "/moved":
                return web.Response(status=307, headers={"Location": "/fine"})
            case "/broken":
                return web.Response(status=500, text="broken")
        return web.Response(body=b'{"price":{"amount":"1.50"},"n":1}', content_type="application/json")


@pytest.fixture
async def neighbour() -> AsyncIterator[Neighbour]:
    found = Neighbour()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", found.answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    found.url = f"http://127.0.0.1:{port}"
    yield found
    await runner.cleanup()


@asynccontextmanager
async def calling(
    url: str, timeout: float = 5.0, retries: RetryBudget | None = None
) -> AsyncIterator[Upstream]:
    upstream = Upstream("next-door", url, timeout=timeout, retries=retries)
    yield upstream
    await upstream.close()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """A request that has so much time left."""
    token = context.deadline.set(asyncio.get_running_loop().time() + seconds)
    yield
    context.deadline.reset(token)


async def test_token_request_id_trace_and_deadline_go_along(neighbour: Neighbour) -> None:
    context.request_id.set("r-1")
    context.traceparent.set("00-" + "a" * 32 + "-" + "b" * 16 + "-01")
    asker = replace(principal(), token="a.b.c")
    async with calling(neighbour.url) as upstream:
        with within(2):
            await upstream.call("POST", "/fine", principal=asker, json={"a": 1})
    headers = neighbour.requests[0].headers
    assert [
        "r-1",
        "00-" + "a" * 32 + "-" + "b" * 16 + "-01",
        f"Bearer {asker.token}",
        "application/json",
    ] == [headers[name] for name in ("x-request-id", "traceparent", "authorization", "content-type")]
    assert 1000 < int(headers["x-deadline-ms"]) <= 2000


async def test_any_status_is_an_answer_and_redirects_are_not_followed(neighbour: Neighbour) -> None:
    async with calling(neighbour.url) as upstream:
        statuses = [(await upstream.call("GET", path)).status for path in ("/fine", "/broken", "/moved")]
    assert [200, 500, 307] == statuses
    assert 3 == len(neighbour.requests)


async def test_fields_are_handed_on_as_they_stand(neighbour: Neighbour) -> None:
    async with calling(neighbour.url) as upstream:
        answer = await upstream.call("GET", "/fine")
    assert b'{"amount":"1.50"}' == bytes(answer.raw_fields()["price"])
    assert 1 == answer.json()["n"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
async def test_a_call_between_services_is_never_repeated(neighbour: Neighbour, method: str) -> None:
    async with calling(neighbour.url) as upstream:
        await upstream.call("GET", "/fine")  # so that a connection is kept, and is what breaks
        with pytest.raises(UpstreamDown):
            await upstream.call(method, "/hangs-up")
    assert 2 == len(neighbour.requests)


async def test_a_call_ends_with_its_time_out(neighbour: Neighbour) -> None:
    started = asyncio.get_running_loop().time()
    async with calling(neighbour.url, timeout=0.3) as upstream:
        with pytest.raises(UpstreamDown):
            await upstream.call("GET", "/slow")
    assert asyncio.get_running_loop().time() - started < 1


async def test_a_request_without_time_left_sends_nothing(neighbour: Neighbour) -> None:
    async with calling(neighbour.url) as upstream:
        with within(-1), pytest.raises(UpstreamDown):
            await upstream.call("GET", "/fine")
    assert [] == neighbour.requests


async def test_the_breaker_opens_after_five_failures_and_closes_by_one_probe(
    neighbour: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.upstream._OPEN_SECONDS", 0.3)
    async with calling(neighbour.url) as upstream:
        for _ in range(8):
            with pytest.raises(UpstreamDown):
                await upstream.call("GET", "/hangs-up")
        assert 5 == len(neighbour.requests)
        await asyncio.sleep(0.35)
        assert 200 == (await upstream.call("GET", "/fine")).status
        assert 200 == (await upstream.call("GET", "/fine")).status


async def test_a_caller_in_a_hurry_does_not_open_the_breaker_for_others(neighbour: Neighbour) -> None:
    async with calling(neighbour.url) as upstream:
        for _ in range(8):
            with within(0.05), pytest.raises(UpstreamDown):
                await upstream.call("GET", "/slow")
        assert 200 == (await upstream.call("GET", "/fine")).status


async def test_a_service_that_is_not_there_is_down() -> None:
    async with calling(f"http://127.0.0.1:{free_port()}") as upstream:
        with pytest.raises(UpstreamDown):
            await upstream.call("GET", "/fine")


@pytest.mark.parametrize(("method", "sent"), [("GET", 2), ("PUT", 1), ("DELETE", 1), ("POST", 1)])
async def test_the_outermost_hop_repeats_a_get_once_and_nothing_else(
    neighbour: Neighbour, method: str, sent: int
) -> None:
    async with calling(neighbour.url, retries=RetryBudget()) as upstream:
        with pytest.raises(UpstreamDown):
            await upstream.call(method, "/hangs-up")
    assert sent == len(neighbour.requests)


async def test_a_stumble_is_invisible_to_a_get(neighbour: Neighbour) -> None:
    async with calling(neighbour.url, retries=RetryBudget()) as upstream:
        assert 200 == (await upstream.call("GET", "/stumbles")).status
    assert 2 == len(neighbour.requests)


async def test_a_refusal_is_an_answer_and_not_repeated(neighbour: Neighbour) -> None:
    async with calling(neighbour.url, retries=RetryBudget()) as upstream:
        assert 500 == (await upstream.call("GET", "/broken")).status
    assert 1 == len(neighbour.requests)


async def test_a_service_that_stays_down_hears_a_tenth_more(
    neighbour: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.upstream._FAILURES_TO_OPEN", 1_000_000)
    async with calling(neighbour.url, retries=RetryBudget()) as upstream:
        for _ in range(200):
            with pytest.raises(UpstreamDown):
                await upstream.call("GET", "/hangs-up")
    saved_up = 10
    assert 200 <= len(neighbour.requests) <= 200 + saved_up + 0.12 * 200
