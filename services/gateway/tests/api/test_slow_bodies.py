"""Bodies that stop arriving, over a bare socket."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import orjson
import pytest

from services.gateway.tests.conftest import Door
from services.gateway.tests.support.neighbours import Neighbours


@dataclass
class Trickle:
    """Sends a body bit by bit."""

    gateway: httpx.AsyncClient
    token: str

    async def post(self, path: str, pieces: int, pause: float, of: int) -> tuple[int, bytes]:
        """Status and the whole answer to a body of `of` bytes of which `pieces` come, with a pause before
        each."""
        url = self.gateway.base_url
        reader, writer = await asyncio.open_connection(url.host, url.port)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {of}\r\n\r\n"
        )
        writer.write(head.encode())
        reading = asyncio.create_task(_answer(reader))
        for _ in range(pieces):
            await asyncio.wait([reading], timeout=pause)
            if reading.done():
                break
            writer.write(b" ")
            await writer.drain()
        status, answer = await asyncio.wait_for(reading, 30)
        writer.close()
        return status, answer


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    return int(head.split()[1]), head + await reader.readexactly(length)


@pytest.fixture
async def trickle(door: Door, neighbours: Neighbours) -> AsyncIterator[Trickle]:
    async with door(stall_seconds=1.0, body_seconds=3.0) as gateway:
        yield Trickle(gateway, neighbours.tokens.user())


@pytest.mark.parametrize("path", ["/v1/orders", "/v1/prices", "/integration/v1/products/imports"])
async def test_a_body_that_stops_is_given_up_with_408(trickle: Trickle, path: str) -> None:
    status, answer = await trickle.post(path, pieces=2, pause=0.0, of=10)
    assert 408 == status
    head, _, body = answer.partition(b"\r\n\r\n")
    assert "body_too_slow" == orjson.loads(body)["code"]
    assert b"connection: close" in head.lower()


async def test_a_body_that_trickles_is_given_up_as_a_whole(trickle: Trickle) -> None:
    status, _ = await trickle.post("/v1/orders", pieces=40, pause=0.25, of=40)
    assert 408 == status


async def test_an_upload_may_trickle_as_long_as_it_does_not_stop(
    trickle: Trickle, neighbours: Neighbours
) -> None:
    status, _ = await trickle.post("/integration/v1/products/imports", pieces=20, pause=0.25, of=20)
    assert (202, 20) == (status, neighbours.received)


async def test_a_service_is_not_held_guilty_for_its_callers_slowness(trickle: Trickle) -> None:
    slow = (trickle.post("/v1/orders", pieces=1, pause=0.0, of=10) for _ in range(8))
    assert {408} == {status for status, _ in await asyncio.gather(*slow)}
    headers = {"Authorization": f"Bearer {trickle.token}"}
    assert 200 == (await trickle.gateway.get("/v1/orders", headers=headers)).status_code
