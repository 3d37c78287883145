"""Sends requests byte by byte as they are written, many at once, and reads what was made of them."""

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import aiohttp
from yarl import URL

from tests.support.contract import Operation
from tests.support.examples import Request

AT_ONCE: Final = 8
# Less than an access token lives, which is 300.
_TOKEN_SECONDS: Final = 240
# So many requests are sent with one token even by a slow machine.
_PART: Final = 1_000
_LINK_IS_OVER: Final = "token_not_usable"
_LARGE: Final = 1_000_000
Item = TypeVar("Item")


@dataclass(frozen=True)
class Answer:
    """What came back; names of headers are looked for in either case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        """Its JSON, None if it is none."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None


@dataclass(frozen=True)
class Verdict:
    """`status` as for a single thing: a rejected row of a batch counts as 422, a link that is over as 409.

    `pointers`: what was wrong.
    """

    status: int
    pointers: tuple[str, ...]
    answer: Answer

    @property
    def refused(self) -> bool:
        """Whether nothing may have been stored."""
        return self.status >= 400


def is_batch(operation: Operation) -> bool:
    """Whether the operation takes rows of an ERP and answers for each."""
    return (
        operation.surface == "integration"
        and "items" in ((operation.body_schema or {}).get("properties") or {})
        and (operation.id.startswith("write_"))
    )


def judged(operation: Operation, answer: Answer) -> Verdict:
    """Reads an answer, the first row's result where rows were sent."""
    found = answer.json if isinstance(answer.json, dict) else {}
    errors, status = found.get("errors") or [], answer.status
    if is_batch(operation) and status == 200:
        row = found["results"][0]
        if row["status"] == "rejected":
            errors, status = [{"pointer": f"/items/0{error['pointer']}"} for error in row["errors"]], 422
    if found.get("code") == _LINK_IS_OVER:
        # Of a link nobody was sent; all else of the request was read and found good.
        status = 409
    pointers = [error.get("pointer") or error.get("parameter") or "" for error in errors]
    return Verdict(status, tuple(pointers), answer)


LogIn = Callable[[], Awaitable[Mapping[str, str]]]
"""Fresh tokens by surface."""


class Sender:
    """Talks to the gateway with one token for each surface, renewed before it ends."""

    def __init__(self, http: aiohttp.ClientSession, gateway: str, log_in: LogIn) -> None:
        self._http = http
        self._gateway = gateway
        self._log_in = log_in
        self._lock = asyncio.Lock()
        self._tokens: Mapping[str, str] = {}
        self._renew_at = 0.0

    async def log_in(self) -> None:
        """Takes fresh tokens."""
        self._tokens = await self._log_in()
        self._renew_at = time.monotonic() + _TOKEN_SECONDS

    async def _token(self, surface: str) -> str:
        async with self._lock:
            if time.monotonic() > self._renew_at:
                await self.log_in()
        return self._tokens[surface]

    async def send(self, request: Request, content: bytes | None = None) -> Answer:
        """Sends a request, with other content if given."""
        operation = request.operation
        body = request.content if content is None else content
        return await self.raw(operation, request.target, request.headers, body)

    async def raw(
        self, operation: Operation, target: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        """Sends a target and a body as they are."""
        said = dict(headers)
        if not operation.public:
            said["Authorization"] = f"Bearer {await self._token(operation.surface)}"
        async with self._http.request(
            operation.method,
            URL(self._gateway + target, encoded=True),
            headers=said,
            # aiohttp wants large bodies as a file.
            data=body if body is None or len(body) < _LARGE else io.BytesIO(body),
            skip_auto_headers=["Content-Type"],
            allow_redirects=False,
        ) as answer:
            return Answer(answer.status, answer.headers, await answer.read())


@asynccontextmanager
async def sender(gateway: str, log_in: LogIn) -> AsyncIterator[Sender]:
    """A sender for a while."""
    timeout = aiohttp.ClientTimeout(total=120)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=AT_ONCE), timeout=timeout, auto_decompress=False
    ) as http:
        yield Sender(http, gateway, log_in)


def parts(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """The items in pieces that a token outlives."""
    return (items[start : start + _PART] for start in range(0, len(items), _PART))


async def each(items: Iterable[Item], do: Callable[[Item], Awaitable[object]]) -> None:
    """Does something for every item, some at once."""
    waiting = iter(items)

    async def work() -> None:
        for item in waiting:
            await do(item)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


_SHOWN: Final = 200


def listed(found: list[str]) -> str:
    """What a failing assertion says: one line each."""
    return "\n".join([f"{len(found)} are wrong", *sorted(found)[:_SHOWN]])
