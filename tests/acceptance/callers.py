"""Callers whose tokens are renewed before they end, because a replay takes longer than a token lives."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import httpx

from local_stack.client import Caller, Platform, Refused

_RENEW_AFTER: Final = 180.0
_PATIENCE: Final = 90.0
# Asked again, as any client must: shed load, a neighbour that is not there yet, the same key in flight.
_AGAIN: Final = (429, 503)
_IN_FLIGHT: Final = "idempotency_in_flight"


class Lasting(Caller):
    """A caller that logs in again by itself, and waits as Retry-After says. `repeats` counts the waits."""

    def __init__(self, http: httpx.AsyncClient, login: Callable[[], Awaitable[Caller]]) -> None:
        super().__init__(http, "", {})
        self._login = login
        self._until = 0.0
        self._lock = asyncio.Lock()
        self.repeats = 0

    async def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request, repeated while the platform asks for patience; other answers are returned."""
        end = time.monotonic() + _PATIENCE
        while True:
            await self.log_in()
            answer = await super().send(method, path, **options)
            if not _wants_patience(answer) or time.monotonic() > end:
                return answer
            self.repeats += 1
            await asyncio.sleep(min(float(answer.headers.get("Retry-After", "1")), 5.0))

    async def log_in(self) -> None:
        """Takes a new token if the present one is old."""
        async with self._lock:
            if time.monotonic() > self._until:
                found = await _patient(self._login)
                self.token, self.answer = found.token, found.answer
                self._until = time.monotonic() + _RENEW_AFTER


async def _patient(login: Callable[[], Awaitable[Caller]]) -> Caller:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            return await login()
        except Refused as refused:
            if refused.status not in _AGAIN or time.monotonic() > end:
                raise
        await asyncio.sleep(1)


def _wants_patience(answer: httpx.Response) -> bool:
    if answer.status_code in _AGAIN:
        return True
    return answer.status_code == 409 and bool(answer.json().get("code") == _IN_FLIGHT)


def lasting_user(platform: Platform, email: str, password: str, channel: str) -> Lasting:
    """A user, who logs in with the password once and lives on refresh tokens from then on."""
    kept: dict[str, str] = {}

    async def login() -> Caller:
        if kept:
            body = {"refresh_token": kept["refresh_token"]}
            response = await platform.send("POST", "/v1/login/refresh", json=body)
            if response.status_code >= 400:
                raise Refused(response)
            caller = Caller(platform.http, response.json()["access_token"], response.json())
        else:
            caller = await platform.user(email, password, channel)
        kept["refresh_token"] = caller.answer["refresh_token"]
        return caller

    return Lasting(platform.http, login)


def lasting_staff(platform: Platform, email: str, password: str) -> Lasting:
    """A staff member."""
    return Lasting(platform.http, lambda: platform.staff(email, password))


def lasting_machine(platform: Platform, client: str, secret: str) -> Lasting:
    """A machine client."""
    return Lasting(platform.http, lambda: platform.machine(client, secret))


async def every_item(caller: Caller, path: str, **params: Any) -> list[dict[str, Any]]:
    """All items of a list, page by page."""
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = await caller.get(path, limit=200, **params, **({"cursor": cursor} if cursor else {}))
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items
