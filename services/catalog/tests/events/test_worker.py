"""The worker as it is composed, on real PostgreSQL and Kafka."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import orjson
from sqlalchemy import func, select, update

from catalog.events import TOPICS
from catalog.republishing import republishers
from catalog.tables import account, events, product
from catalog.worker import make_worker
from eventing.envelope import Attributes, headers
from eventing.republish import republish
from services.catalog.tests.support.platform import Platform, migrate, running, settings_for
from testkit.clock import FrozenClock
from testkit.kafka import Broker, Message
from testkit.postgres import Databases

CONTRACTS = Path(__file__).parents[4] / "contracts"
MOMENT = datetime(2026, 3, 2, tzinfo=UTC)


@asynccontextmanager
async def working(url: str, kafka: Broker) -> AsyncIterator[None]:
    """catalog's worker, until the block ends."""
    settings = settings_for(url, kafka_bootstrap=kafka.bootstrap, contracts_dir=CONTRACTS)
    _, loops, close = await make_worker(settings)
    stop = asyncio.Event()
    tasks = [asyncio.create_task(loop(stop)) for loop in loops]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)
        await close()


async def told(kafka: Broker, product_id: str, enough: int) -> list[Message]:
    """The messages about a product, once there are enough."""
    for _ in range(100):
        found = [
            message for message in await kafka.read_topic("catalog.product") if message.key == product_id
        ]
        if len(found) >= enough:
            return found
        await asyncio.sleep(0.1)
    raise AssertionError("nothing was told")


async def test_a_products_state_reaches_kafka_with_its_version_and_an_account_is_learned(
    databases: Databases, kafka: Broker, clock: FrozenClock
) -> None:
    await kafka.create_topics(["accounts.account", *(topic.name for topic in TOPICS)])
    async with databases.fresh("catalog", migrate) as url, running(url, clock) as platform:
        product_id = await platform.product("A", brand="ACME")
        async with working(url, kafka):
            (first,) = await told(kafka, product_id, 1)
            await platform.product("A", lifecycle="phase_out")
            _, second = await told(kafka, product_id, 2)
            sample = CONTRACTS / "events/accounts.account/examples/first.json"
            value = sample.read_bytes()
            key = orjson.loads(value)["id"]
            sent = Attributes("accounts.account", "e1", "/kontor/accounts", key, MOMENT, version=5)
            await kafka.produce("accounts.account", [Message(key, value, tuple(headers(sent)))])
            await learned(platform, key)
    assert "phase_out" == orjson.loads(second.value or b"")["lifecycle"]
    assert int(first.header("ce_sequence") or 0) < int(second.header("ce_sequence") or 0)
    assert ("catalog.product.v1", "/kontor/catalog") == (second.header("ce_type"), second.header("ce_source"))


async def learned(platform: Platform, account_id: str) -> None:
    """Waits until the account has arrived; others may have, from tests that share the broker."""
    for _ in range(100):
        async with platform.wiring.database.read() as reader:
            if await reader.scalar(select(account.c.id).where(account.c.id == account_id)):
                return
        await asyncio.sleep(0.1)
    raise AssertionError("no account arrived")


async def test_republishing_tells_every_state_again_and_a_bump_raises_versions(platform: Platform) -> None:
    for number in range(3):
        await platform.product(f"P{number}")
    await platform.everything()
    before = {event["key"]: event["version"] for event in await platform.events("catalog.product")}
    outbox, database = platform.wiring.outbox, platform.wiring.database
    same = await republish(database, outbox, republishers(platform.wiring), chunk=2)
    assert (3, 1) == (same["catalog.product"], same["catalog.catalogue"])
    again = (await platform.events("catalog.product"))[3:]
    assert before == {event["key"]: event["version"] for event in again}
    await republish(database, outbox, republishers(platform.wiring), bump=True, chunk=2)
    bumped = (await platform.events("catalog.product"))[6:]
    assert all(event["version"] > before[event["key"]] for event in bumped)
    async with database.transaction() as tx:
        await tx.execute(update(events.outbox).values(published_at=func.now()))
        assert 3 == await tx.scalar(select(func.count()).select_from(product))
