"""Answers leave in one piece, streams as they come."""

import asyncio
from typing import Any, cast

import uvicorn
from starlette.types import Receive, Scope, Send

from chassis.writing import JoinedWrites, JoiningProtocol
from local_stack.ports import LOOPBACK, free_port


class Sent:
    """A transport that remembers what it was to send at once."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.pieces.append(data)

    def writelines(self, data: tuple[bytes, ...]) -> None:
        self.pieces.append(b"".join(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


def joined() -> tuple[JoinedWrites, Sent]:
    """A joining transport, and what it sends on."""
    sent = Sent()
    return JoinedWrites(cast(Any, sent), asyncio.get_running_loop()), sent


async def test_head_and_body_are_one_piece() -> None:
    transport, sent = joined()
    transport.write(b"head ")
    transport.write(b"body")
    assert [b"head body"] == sent.pieces
    await asyncio.sleep(0)
    assert [b"head body"] == sent.pieces


async def test_what_nothing_follows_leaves_when_the_turn_ends() -> None:
    transport, sent = joined()
    transport.write(b"head")
    assert [] == sent.pieces
    await asyncio.sleep(0)
    assert [b"head"] == sent.pieces


async def test_closing_sends_what_is_held_and_a_lost_connection_is_sent_nothing() -> None:
    transport, sent = joined()
    transport.write(b"last")
    transport.close()
    assert ([b"last"], True) == (sent.pieces, transport.is_closing())
    transport.write(b"too late")
    await asyncio.sleep(0)
    assert [b"last"] == sent.pieces


async def test_a_stream_arrives_as_it_is_made() -> None:
    go_on = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for piece in (b"first", b"second", b"third"):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await go_on.wait()
            go_on.clear()
        await send({"type": "http.response.body", "body": b""})

    port = free_port()
    config = uvicorn.Config(
        app, host=LOOPBACK, port=port, http=JoiningProtocol, lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve())  # `serve` would take over the signals of the test run
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(b"GET / HTTP/1.1\r\nHost: things\r\nConnection: close\r\n\r\n")
    async with asyncio.timeout(30):
        for piece in (b"first", b"second", b"third"):
            await reader.readuntil(piece)
            go_on.set()
        assert b"\r\n0\r\n\r\n" == await reader.read()
        writer.close()
        server.should_exit = True
        await running
