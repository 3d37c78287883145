"""An answer from an ERP belongs to the order it was asked for, also when an ERP answers twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from local_stack.ports import LOOPBACK, free_port
from order_export.connectors.client import erp_http


@asynccontextmanager
async def _answers_twice() -> AsyncIterator[str]:
    """An ERP that answers each request with its path, and a moment later once more with something else."""

    def told(word: str) -> bytes:
        return f"HTTP/1.1 200 OK\r\nContent-Length: {len(word)}\r\n\r\n{word}".encode()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                writer.write(told(request.split()[1].decode()))
                await writer.drain()
                writer.write(told("stray"))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    port = free_port()
    async with await asyncio.start_server(serve, LOOPBACK, port):
        yield f"http://{LOOPBACK}:{port}"


async def _answers(http: httpx.AsyncClient, url: str) -> list[str]:
    return [(await http.get(f"{url}/{number}")).text for number in range(50)]


async def test_a_second_answer_never_passes_for_the_answer_to_the_next_request() -> None:
    async with _answers_twice() as url, erp_http() as http:
        assert [f"/{number}" for number in range(50)] == await _answers(http, url)


async def test_on_a_connection_that_is_used_again_it_would() -> None:
    async with _answers_twice() as url, httpx.AsyncClient(trust_env=False) as http:
        try:
            found = await _answers(http, url)
        except httpx.RemoteProtocolError:
            pytest.fail("the client noticed by itself")
        assert "stray" in found
