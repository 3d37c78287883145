"""Log-ins under load: what is too much is shed before hashing, and the rest of the service stays awake."""

import asyncio
import time

from argon2 import extract_parameters
from pwdlib.hashers.argon2 import Argon2Hasher

from accounts.passwords.hashing import DECOY
from services.accounts.tests.support.platform import ADMINISTRATOR, Platform, running
from services.accounts.tests.support.platform import migrate as migrated
from testkit.clock import FrozenClock
from testkit.postgres import Databases


async def test_a_hundred_log_ins_at_once_are_shed_and_the_event_loop_goes_on(
    databases: Databases, clock: FrozenClock
) -> None:
    async with (
        databases.fresh("accounts", migrated) as url,
        running(url, clock, hashing_threads=1, hashing_queue=3) as platform,
    ):
        over = asyncio.Event()
        pauses = asyncio.create_task(_pauses(over))
        answers = await asyncio.gather(*(_attempt(platform, number) for number in range(100)))
        over.set()
        statuses = [status for status, _, _ in answers]
        # Four fit; more only as places come free while others are still being read.
        assert statuses.count(503) >= 80
        assert statuses.count(401) >= 4
        assert 100 == statuses.count(503) + statuses.count(401)
        shed = {(code, wait) for status, code, wait in answers if status == 503}
        assert {("login_busy", "2")} == shed
        # One hash alone takes tens of milliseconds of a core; a hundred on the loop would take seconds.
        assert max(await pauses) < 1.0
        assert 200 == (await platform.staff("GET", "/admin/v1/me")).status_code


async def _attempt(platform: Platform, number: int) -> tuple[int, str, str | None]:
    email = ADMINISTRATOR if number % 2 else f"nobody{number}@example.com"
    answer = await platform.http.post("/admin/v1/login", json={"email": email, "password": "wrong"})
    return answer.status_code, answer.json()["code"], answer.headers.get("Retry-After")


async def _pauses(over: asyncio.Event) -> list[float]:
    found, last = [], time.perf_counter()
    while not over.is_set():
        await asyncio.sleep(0.005)
        found.append(time.perf_counter() - last)
        last = time.perf_counter()
    return found


async def test_checking_nobodys_password_costs_as_much_as_somebodys() -> None:
    assert extract_parameters(Argon2Hasher().hash("any password")) == extract_parameters(DECOY)
