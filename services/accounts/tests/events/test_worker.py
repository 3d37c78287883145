"""accounts on a real Kafka: changes are told, catalogues known, and a revocation overtakes an import."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select

from accounts import events, tables
from accounts.republishing import republishers
from accounts.seeding import role_id
from chassis.ids import new_id
from eventing.republish import republish
from services.accounts.tests.support.people import an_account, change
from services.accounts.tests.support.platform import Platform, migrate, running
from services.accounts.tests.support.worker import working
from testkit.clock import FrozenClock
from testkit.kafka import Broker, Message
from testkit.postgres import Databases
from testkit.smtp import Post

_OVERTAKEN = 50_000


@pytest.fixture
async def place(databases: Databases, clock: FrozenClock) -> AsyncIterator[tuple[Platform, str]]:
    """The app and the address of its database."""
    async with databases.fresh("accounts", migrate) as url, running(url, clock) as platform:
        yield platform, url


async def last_of(kafka: Broker, topic: str, key: str) -> tuple[int, dict[str, Any]] | None:
    """Version and value of the newest message of a key."""
    found = [message for message in await kafka.read_topic(topic) if message.key == key]
    if not found or found[-1].value is None:
        return None
    return int(found[-1].header("ce_sequence") or 0), orjson.loads(found[-1].value)


async def eventually(look: Callable[[], Any], seconds: float = 30) -> Any:
    """What `look` gives as soon as it gives something."""
    deadline = time.monotonic() + seconds
    while not (found := await look()):
        assert time.monotonic() < deadline, f"nothing came within {seconds:.0f} s"
        await asyncio.sleep(0.05)
    return found


async def test_a_role_change_arrives_on_its_topic_and_again_when_told_again(
    place: tuple[Platform, str], kafka: Broker, tmp_path: Path
) -> None:
    platform, url = place
    role = role_id("user", "buyer")
    answer = await change(platform, f"/admin/v1/roles/{role}", {"permissions": ["products:read"]})
    version = int(answer.headers["ETag"].strip('"'))
    async with working(url, kafka, tmp_path / "worker.log"):

        async def arrived() -> bool:
            found = await last_of(kafka, events.ROLE.name, role)
            return found is not None and found[0] == version and found[1]["permissions"] == ["products:read"]

        await eventually(arrived)
        before = len([one for one in await kafka.read_topic(events.ROLE.name) if one.key == role])
        told = await republish(
            platform.wiring.database, platform.wiring.outbox, republishers(platform.wiring), bump=True
        )
        assert 11 == told[events.ROLE.name]

        async def again() -> bool:
            found = [one for one in await kafka.read_topic(events.ROLE.name) if one.key == role]
            return len(found) == before + 1 and int(found[-1].header("ce_sequence") or 0) > version

        await eventually(again)


async def test_catalogues_that_catalog_tells_of_can_be_assigned_until_they_are_gone(
    place: tuple[Platform, str], kafka: Broker, tmp_path: Path
) -> None:
    platform, url = place
    catalogue = new_id()
    path = "/admin/v1/catalogue-assignments"
    body = {"catalogue_id": catalogue}

    async def status() -> int:
        return (await platform.staff("POST", path, json=body)).status_code

    async with working(url, kafka, tmp_path / "worker.log"):
        assert 422 == await status()
        value = {"id": catalogue, "code": "basic", "name": "Basic", "definition": {}}
        await kafka.produce("catalog.catalogue", [_state("catalog.catalogue", catalogue, value, 1)])

        async def known() -> bool:
            return await status() == 200

        await eventually(known)
        gone = {"id": catalogue, "deleted": True}
        await kafka.produce("catalog.catalogue", [_state("catalog.catalogue", catalogue, gone, 2)])

        async def forgotten() -> bool:
            return await status() == 422

        await eventually(forgotten)


async def test_a_reset_that_was_asked_for_is_mailed_by_the_worker(
    place: tuple[Platform, str], kafka: Broker, post: Post, tmp_path: Path
) -> None:
    platform, url = place
    await platform.http.post("/v1/password-resets", json={"email": "administrator@example.com"})
    async with working(url, kafka, tmp_path / "worker.log", smtp_port=post.port):
        assert "token=" in (await post.wait_for("administrator@example.com", timeout=30)).text


async def test_a_blocked_account_is_told_before_an_import_of_50000_that_is_being_published(
    place: tuple[Platform, str], kafka: Broker, tmp_path: Path
) -> None:
    platform, url = place
    token = await platform.machine("accounts:feed")
    account = await an_account(platform, token, "BLOCKED")
    rows = b"\n".join(
        orjson.dumps({"external_id": f"C{number}", "currency": "EUR"}) for number in range(_OVERTAKEN)
    )
    headers = {"Content-Type": "application/x-ndjson"}
    made = await platform.as_(
        token, "POST", "/integration/v1/accounts/imports?mode=delta", content=rows, headers=headers
    )
    assert made.status_code == 202, made.text
    async with working(url, kafka, tmp_path / "worker.log"):

        async def under_way() -> bool:
            return 2_000 < await _published(platform) < _OVERTAKEN - 10_000

        await eventually(under_way, seconds=120)
        asked = time.monotonic()
        answer = await change(platform, f"/admin/v1/accounts/{account}", {"platform_block": "access"})
        assert answer.status_code == 200
        committed = time.monotonic()

        async def told() -> bool:
            return await _revocation_published(platform)

        await eventually(told, seconds=60)
        seconds = time.monotonic() - committed
        # The proof is the count: the revocation went while a large part of the import had not gone.
        assert await _published(platform) < _OVERTAKEN
        assert await last_of(kafka, events.REVOCATION.name, f"account:{account}") is not None
        assert seconds < 5, f"blocking took {committed - asked:.2f} s, telling {seconds:.2f} s"


async def _published(platform: Platform) -> int:
    outbox = tables.events.outbox
    statement = select(func.count()).where(
        outbox.c.topic == events.ACCOUNT.name, outbox.c.published_at.is_not(None)
    )
    async with platform.wiring.database.read() as reader:
        return int(await reader.scalar(statement))


async def _revocation_published(platform: Platform) -> bool:
    outbox = tables.events.outbox
    statement = select(outbox.c.published_at.is_not(None)).where(outbox.c.topic == events.REVOCATION.name)
    async with platform.wiring.database.read() as reader:
        return bool(await reader.scalar(statement))


def _state(topic: str, key: str, value: dict[str, Any], version: int) -> Message:
    headers = {
        "ce_specversion": "1.0", "ce_id": new_id(), "ce_type": f"{topic}.v1", "ce_source": "/kontor/catalog",
        "ce_subject": key, "ce_time": "2026-03-02T09:00:00Z", "ce_sequence": str(version),
    }  # fmt: skip
    return Message(key, orjson.dumps(value), tuple((name, text.encode()) for name, text in headers.items()))
