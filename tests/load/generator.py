"""The load generator, a process of its own: connections that ask again as soon as they are answered.

python -m tests.load.generator < plan.json > outcome.json
"""

import asyncio
import json
import random
import secrets
import sys
import time
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, Final, cast

import httptools
import uvloop


@dataclass(frozen=True)
class Plan:
    """What is asked: every request takes one of the paths, one of the header blocks and one of the bodies.

    `keyed` gives each request an Idempotency-Key of its own.
    """

    port: int
    paths: list[str]
    headers: list[dict[str, str]] = field(default_factory=lambda: [{}])
    bodies: list[str] = field(default_factory=lambda: [""])
    method: str = "GET"
    keyed: bool = False
    connections: int = 32
    warm_up: float = 3.0
    seconds: float = 10.0
    seed: int = 1


@dataclass(frozen=True)
class Outcome:
    """What came back after the warm-up: answers by status, and how long they took in milliseconds."""

    answers: int
    seconds: float
    statuses: dict[str, int]
    bytes: int
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds


class _Load:
    """What the connections share."""

    def __init__(self, plan: Plan) -> None:
        self._random = random.Random(plan.seed)
        self._plan = plan
        self._heads = [_head(headers, plan.port) for headers in plan.headers]
        self._bodies = [body.encode() for body in plan.bodies]
        self.times: list[float] = []
        self.statuses: dict[int, int] = {}
        self.bytes = 0
        self.counting = False
        self.over = False

    def request(self) -> bytes:
        pick = self._random.choice
        plan, body = self._plan, pick(self._bodies)
        head = f"{plan.method} {pick(plan.paths)} HTTP/1.1\r\n".encode() + pick(self._heads)
        if plan.keyed:
            head += b"Idempotency-Key: " + secrets.token_hex(12).encode() + b"\r\n"
        if body:
            head += b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
        return head + b"\r\n" + body

    def answered(self, status: int, size: int, seconds: float) -> None:
        if self.counting:
            self.times.append(seconds)
            self.statuses[status] = self.statuses.get(status, 0) + 1
            self.bytes += size


class _Connection(asyncio.Protocol):
    """One connection: the next request follows the answer to the last."""

    def __init__(self, load: _Load, lost: asyncio.Future[None]) -> None:
        self._load = load
        self._lost = lost
        self._parser = httptools.HttpResponseParser(self)
        self._size = 0
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._size += len(body)

    def on_message_complete(self) -> None:
        self._load.answered(self._parser.get_status_code(), self._size, time.perf_counter() - self._sent)
        if self._load.over:
            self._transport.close()
        else:
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._lost.done():
            return
        if self._load.over and exc is None:
            self._lost.set_result(None)
        else:
            self._lost.set_exception(exc or ConnectionError("the server closed a connection"))

    def _ask(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._size = 0
        self._sent = time.perf_counter()
        self._transport.write(self._load.request())


def _head(headers: dict[str, str], port: int) -> bytes:
    lines = {"Host": f"127.0.0.1:{port}", **headers}
    return "".join(f"{name}: {value}\r\n" for name, value in lines.items()).encode("latin-1")


async def run(plan: Plan) -> Outcome:
    """Loads a server on the loopback interface. Raises ConnectionError when it hangs up."""
    load, loop = _Load(plan), asyncio.get_running_loop()
    ends = [loop.create_future() for _ in range(plan.connections)]
    for end in ends:
        await loop.create_connection(partial(_Connection, load, end), "127.0.0.1", plan.port)
    whole = asyncio.gather(*ends)
    await asyncio.wait([whole], timeout=plan.warm_up)
    load.counting, began = True, time.perf_counter()
    await asyncio.wait([whole], timeout=plan.seconds)
    load.counting, load.over = False, True
    seconds = time.perf_counter() - began
    await whole
    times = sorted(load.times) or [0.0]
    return Outcome(
        answers=len(load.times),
        seconds=seconds,
        statuses={str(status): count for status, count in sorted(load.statuses.items())},
        bytes=load.bytes,
        p50=percentile(times, 50) * 1000,
        p99=percentile(times, 99) * 1000,
    )


def percentile(ordered: list[float], percent: int) -> float:
    """The value below which so many per cent of ordered values lie."""
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def main() -> None:
    """Reads a plan from standard input, writes the outcome to standard output."""
    plan = Plan(**json.load(sys.stdin))
    json.dump(asdict(uvloop.run(run(plan))), sys.stdout)


MODULE: Final = "tests.load.generator"


def plan_of(plan: Plan) -> dict[str, Any]:
    """A plan as JSON values."""
    return asdict(plan)


if __name__ == "__main__":
    main()
