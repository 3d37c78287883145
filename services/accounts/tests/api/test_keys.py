"""Signing keys: the next one is published before it signs, the last one until its tokens have ended."""

import asyncio
import os
import sys
from datetime import timedelta

from joserfc import jws

from accounts.keys.repository import SecretMismatch
from services.accounts.tests.support.platform import Platform, migrate, running
from testkit.clock import FrozenClock
from testkit.postgres import Databases


async def published(platform: Platform) -> list[str]:
    answer = await platform.http.get("/.well-known/jwks.json")
    assert all("d" not in key for key in answer.json()["keys"])
    return [key["kid"] for key in answer.json()["keys"]]


def signed_with(token: str) -> str:
    kid: str = jws.extract_compact(token.encode()).headers()["kid"]
    return kid


async def test_a_key_is_published_before_it_signs_and_until_its_last_token_ends(platform: Platform) -> None:
    (first,) = await published(platform)
    platform.clock.advance(timedelta(days=30, minutes=-11))
    await platform.wiring.keys.rotate()
    assert [first] == await published(platform)
    platform.clock.advance(timedelta(minutes=1))
    await platform.wiring.keys.rotate()
    await platform.wiring.keys.rotate()
    old, new = await published(platform)
    assert first == old
    platform.clock.advance(timedelta(minutes=9, seconds=59))
    await platform.log_in_administrator()
    assert old == signed_with(platform.staff_token)
    platform.clock.advance(timedelta(seconds=2))
    assert 200 == (await platform.staff("GET", "/admin/v1/me")).status_code
    before = platform.staff_token
    await platform.log_in_administrator()
    assert new == signed_with(platform.staff_token)
    platform.clock.advance(timedelta(minutes=4))
    await platform.wiring.keys.rotate()
    assert 200 == (await platform.as_(before, "GET", "/admin/v1/me")).status_code
    platform.clock.advance(timedelta(minutes=5))
    await platform.wiring.keys.rotate()
    assert [new] == await published(platform)


async def test_a_wrong_token_secret_is_one_sentence_at_the_start(
    databases: Databases, clock: FrozenClock
) -> None:
    async with databases.fresh("accounts", migrate) as url:
        async with running(url, clock):
            pass
        environment = {
            "PATH": os.environ["PATH"],
            "KONTOR_DATABASE_URL": url,
            "KONTOR_TOKEN_SECRET": "another secret that is long enough too",
            "KONTOR_CURSOR_SECRET": "a secret for cursors",
            "KONTOR_PORT": "0",
        }
        for process in ("api", "worker"):
            started = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "accounts", process, env=environment, stderr=asyncio.subprocess.PIPE
            )
            try:
                async with asyncio.timeout(90):
                    _, said = await started.communicate()
            finally:
                if started.returncode is None:
                    started.kill()
            assert 1 == started.returncode
            assert [str(SecretMismatch())] == said.decode().splitlines()
