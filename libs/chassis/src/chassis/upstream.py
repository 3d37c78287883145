"""Calls to another service: one small interface over aiohttp, with deadline, token, trace and breaker."""

import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import msgspec
import orjson
from yarl import URL

from chassis import context
from chassis.boundary import DEADLINE_HEADER
from chassis.failures import Unavailable
from chassis.principal import Principal

_FAILURES_TO_OPEN: Final = 5
_OPEN_SECONDS: Final = 2.0
_FAIR_SECONDS: Final = 1.0
_RETRY_TENTHS: Final = 10
_MOST_TENTHS: Final = 100


class UpstreamDown(Unavailable):
    """A service that this answer needs does not answer."""

    code = "upstream_unavailable"
    title = "A part of the platform does not answer just now"

    def __init__(self, service: str) -> None:
        super().__init__(f"{service} does not answer")
        self.service = service


@dataclass(frozen=True)
class UpstreamAnswer:
    """What came back: status, headers, raw body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body parsed."""
        return orjson.loads(self.body)

    def raw_fields(self) -> dict[str, msgspec.Raw]:
        """A JSON object's values as they stand, to be spliced into an answer unparsed."""
        return msgspec.json.decode(self.body, type=dict[str, msgspec.Raw])


class Breaker:
    """Opens after five failures in a row, lets one call probe every two seconds."""

    def __init__(self) -> None:
        self._failures = 0
        self._probe_at = 0.0

    def admits(self) -> bool:
        """Whether a call may go out now."""
        if self._failures < _FAILURES_TO_OPEN:
            return True
        now = time.monotonic()
        if now < self._probe_at:
            return False
        self._probe_at = now + _OPEN_SECONDS
        return True

    def succeeded(self) -> None:
        """The service answered."""
        self._failures = 0

    def failed(self) -> None:
        """The service did not answer."""
        self._failures += 1
        if self._failures == _FAILURES_TO_OPEN:
            self._probe_at = time.monotonic() + _OPEN_SECONDS


class RetryBudget:
    """Retries of one upstream: ten calls earn one, and ten at most are saved up.

    So a short stumble is invisible, and a service that is down hears a tenth more and not twice as much.
    """

    def __init__(self) -> None:
        self._tenths = _MOST_TENTHS

    def earn(self) -> None:
        """One more call went out."""
        self._tenths = min(_MOST_TENTHS, self._tenths + 1)

    def spend(self) -> bool:
        """Whether one call may be repeated."""
        if self._tenths < _RETRY_TENTHS:
            return False
        self._tenths -= _RETRY_TENTHS
        return True


class Upstream:
    """One other service. Answers of any status are returned; UpstreamDown is raised when there is none.

    Only the outermost hop retries, by giving `retries`: a GET that got no answer goes out once more. The
    caller's token is passed on, so that the other service decides by itself.
    """

    def __init__(
        self,
        service: str,
        url: str,
        *,
        timeout: float = 5.0,
        connections: int = 100,
        retries: RetryBudget | None = None,
    ) -> None:
        self.service = service
        self._retries = retries
        self._base = url.rstrip("/")
        self._timeout = timeout
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None
        self._breaker = Breaker()

    async def call(
        self,
        method: str,
        path: str,
        *,
        principal: Principal | None = None,
        params: Mapping[str, str] | list[tuple[str, str]] | None = None,
        json: Any = None,
        body: bytes | AsyncIterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> UpstreamAnswer:
        """One call with the whole answer in memory. Raises UpstreamDown."""
        seconds = context.seconds_left(timeout or self._timeout)
        async with self.open(
            method,
            path,
            principal=principal,
            params=params,
            json=json,
            body=body,
            headers=headers,
            timeout=timeout,
        ) as answer:
            try:
                content = await answer.read()
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                self._no_answer(error, seconds)
                raise UpstreamDown(self.service) from error
            return UpstreamAnswer(answer.status, answer.headers, content)

    def open(
        self,
        method: str,
        path: str,
        *,
        principal: Principal | None = None,
        params: Mapping[str, str] | list[tuple[str, str]] | None = None,
        json: Any = None,
        body: bytes | AsyncIterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> "_Opened":
        """A call whose answer is read as a stream: `async with upstream.open(...) as answer`."""
        seconds = context.seconds_left(timeout or self._timeout)
        outgoing = self._headers(principal, headers)
        if json is not None:
            body = orjson.dumps(json)
            outgoing["Content-Type"] = "application/json"
        return _Opened(self, method, path, params, body, outgoing, seconds)

    def _no_answer(self, error: Exception, seconds: float) -> None:
        """Counts a failure, unless the caller gave too little time to call it one.

        Otherwise five requests with a deadline of a millisecond would shut a service out for everybody.
        """
        if not (isinstance(error, TimeoutError) and seconds < min(self._timeout, _FAIR_SECONDS)):
            self._breaker.failed()

    def _headers(self, principal: Principal | None, headers: Mapping[str, str] | None) -> dict[str, str]:
        outgoing = dict(headers or {})
        if (request_id := context.request_id.get()) is not None:
            outgoing["x-request-id"] = request_id
        if (traceparent := context.traceparent.get()) is not None:
            outgoing["traceparent"] = traceparent
        if principal is not None:
            outgoing["Authorization"] = f"Bearer {principal.token}"
        return outgoing

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                # Shorter than a server keeps its side (30 s): nothing is sent on a connection being closed.
                connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=15),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
            # aiohttp would repeat what it holds idempotent (PUT and DELETE too) when a connection breaks;
            # there is no public way to say no.
            self._session._retry_connection = False
        return self._session

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()


class _Opened:
    """The context of one call."""

    def __init__(
        self,
        upstream: Upstream,
        method: str,
        path: str,
        params: Mapping[str, str] | list[tuple[str, str]] | None,
        body: bytes | AsyncIterator[bytes] | None,
        headers: dict[str, str],
        seconds: float,
    ) -> None:
        self._upstream = upstream
        self._request = (method, path, params, body, headers)
        self._seconds = seconds
        self._answer: aiohttp.ClientResponse | None = None
        self._own_fault: Exception | None = None

    async def _sent(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The body as it goes out; what goes wrong in reading it is remembered."""
        try:
            async for chunk in chunks:
                yield chunk
        except Exception as error:
            self._own_fault = error
            raise

    async def __aenter__(self) -> aiohttp.ClientResponse:
        end = time.monotonic() + self._seconds
        try:
            return await self._once(self._seconds)
        except UpstreamDown as down:
            left = end - time.monotonic()
            # Without a cause nothing went out: there was no time, or the breaker is open.
            if down.__cause__ is None or left <= 0 or not self._may_repeat():
                raise
            return await self._once(left)

    def _may_repeat(self) -> bool:
        """Whether a call without an answer may go out again; a GET changes nothing, however far it came."""
        method, _, _, body, _ = self._request
        retries = self._upstream._retries
        return retries is not None and method == "GET" and body is None and retries.spend()

    async def _once(self, seconds: float) -> aiohttp.ClientResponse:
        upstream = self._upstream
        if seconds <= 0 or not upstream._breaker.admits():
            raise UpstreamDown(upstream.service)
        method, path, params, body, headers = self._request
        headers[DEADLINE_HEADER] = str(int(seconds * 1000))
        if upstream._retries is not None:
            upstream._retries.earn()
        try:
            self._answer = await upstream._connected().request(
                method,
                URL(upstream._base + path, encoded=True),
                params=params,
                data=self._sent(body) if isinstance(body, AsyncIterator) else body,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=seconds, connect=1.0),
                allow_redirects=False,
            )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # A caller who hangs up or sends too much says nothing about the service.
            if self._own_fault is not None:
                raise self._own_fault from error
            upstream._no_answer(error, seconds)
            raise UpstreamDown(upstream.service) from error
        upstream._breaker.succeeded()
        return self._answer

    async def __aexit__(self, *_: object) -> None:
        if self._answer is not None:
            self._answer.release()
