"""Talking to the platform as its users do: through the gateway's published surfaces, with httpx."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx


class Refused(Exception):  # noqa: N818 - an answer, told as it was given
    """The platform answered with a problem."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.problem: dict[str, Any] = response.json() if response.content else {}
        request = response.request
        super().__init__(f"{request.method} {request.url.path}: {response.status_code} {response.text[:500]}")

    @property
    def code(self) -> str | None:
        """The stable code of the problem."""
        return self.problem.get("code")


class Caller:
    """Somebody with an access token."""

    def __init__(self, http: httpx.AsyncClient, token: str, answer: Mapping[str, Any]) -> None:
        self._http = http
        self.token = token
        self.answer = dict(answer)

    async def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request with the token; answers of any status are returned."""
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return await self._http.request(method, path, headers=headers, **options)

    async def call(self, method: str, path: str, **options: Any) -> Any:
        """The JSON of a successful answer, None if it has none. Raises Refused."""
        response = await self.send(method, path, **options)
        if response.status_code >= 400:
            raise Refused(response)
        return response.json() if response.content else None

    async def get(self, path: str, **params: Any) -> Any:
        """GET with query parameters."""
        return await self.call("GET", path, params=params)

    async def post(self, path: str, body: Any = None, **options: Any) -> Any:
        """POST with a JSON body."""
        return await self.call("POST", path, json=body if body is not None else {}, **options)

    async def change(self, path: str, body: Any) -> Any:
        """Reads a resource and changes that version of it."""
        found = await self.send("GET", path)
        if found.status_code >= 400:
            raise Refused(found)
        return await self.call("PATCH", path, json=body, headers={"If-Match": found.headers["ETag"]})


class Platform:
    """The gateway at an address."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.AsyncClient(base_url=url, timeout=60, limits=httpx.Limits(max_connections=64))

    async def staff(self, email: str, password: str) -> Caller:
        """Logs a staff member in."""
        return await self._token("/admin/v1/login", {"email": email, "password": password})

    async def user(self, email: str, password: str, channel: str) -> Caller:
        """Logs a user in through a channel."""
        return await self._token("/v1/login", {"email": email, "password": password, "channel": channel})

    async def machine(self, client: str, secret: str) -> Caller:
        """The client credentials grant."""
        form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
        response = await self.http.post("/oauth/token", data=form)
        return self._caller(response)

    async def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request without a token."""
        return await self.http.request(method, path, **options)

    async def _token(self, path: str, body: dict[str, str]) -> Caller:
        return self._caller(await self.http.post(path, json=body))

    def _caller(self, response: httpx.Response) -> Caller:
        if response.status_code >= 400:
            raise Refused(response)
        answer = response.json()
        return Caller(self.http, answer["access_token"], answer)

    async def close(self) -> None:
        """Closes the connections."""
        await self.http.aclose()


async def until(condition: Any, *, seconds: float = 30.0, what: str) -> Any:
    """The first true answer of an async condition. Raises TimeoutError saying what was waited for."""
    end = time.monotonic() + seconds
    while True:
        found = await condition()
        if found:
            return found
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        await asyncio.sleep(0.05)


async def assign_catalogue(assign: Callable[[], Awaitable[Any]], *, seconds: float = 30.0) -> None:
    """Gives away a new catalogue by `assign`, as soon as accounts knows it. Raises Refused, TimeoutError."""

    async def assigned() -> bool:
        try:
            await assign()
        except Refused as refused:
            # accounts hears of the catalogue by its event, a moment later.
            if refused.code != "catalogue_not_found":
                raise
            return False
        return True

    await until(assigned, seconds=seconds, what="accounts to hear of the catalogue")
