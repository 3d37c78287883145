"""Every answer that rests on state is rebuilt from the topics, byte for byte."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from prometheus_client import CollectorRegistry

from analytics import tables
from analytics.consumers import SUBSCRIBED
from analytics.rebuilding import rebuild
from chassis.database import Database
from chassis.ids import new_id
from eventing.consumer import AnySubscription
from eventing.metrics import EventMetrics
from eventing.rewinding import GroupInUseError
from eventing.worker import EventWorker
from services.analytics.tests.support.office import Office, migrate, running
from services.analytics.tests.support.telling import account, category, feed, order, product, user
from testkit.clock import FrozenClock
from testkit.kafka import Broker, Message
from testkit.postgres import Databases

ORDERS, PRODUCTS, ACCOUNTS = 60, 20, 7
CATEGORIES = ("c1", "c2", "c3")
GROUPINGS = ("day", "account", "product", "category", "channel", "order")
QUESTIONS = (
    *(f"turnover?by={by}&from=2026-01-01&limit=200" for by in GROUPINGS),
    "account-activity?from=2026-01-01&limit=200",
    "account-activity/counts?from=2026-01-01",
    "completeness",
    "completeness/products?channel=web",
    "feeds",
    "exports",
)


def _trade(seed: int) -> dict[str, list[dict[str, Any]]]:
    """A trade of every topic; orders change three times each, so that versions matter."""
    chance = random.Random(seed)
    products = [
        product(
            f"p{number}",
            chance.sample(["c1", "c2", "c3"], chance.randint(0, 3)),
            completeness={"web": number * 5},
        )
        for number in range(PRODUCTS)
    ]
    orders = [
        order(
            f"o{number}",
            [
                (f"p{chance.randrange(PRODUCTS)}", f"{chance.randint(1, 99999)}.{chance.randint(0, 99):02}")
                for _ in range(5)
            ],
            on=f"2026-02-{chance.randint(1, 28):02}",
            account_id=f"a{chance.randrange(ACCOUNTS)}",
        )
        for number in range(ORDERS)
        for _ in range(3)
    ]
    return {
        "orders.order": orders,
        "catalog.product": products,
        "catalog.category": [category(f"c{number}") for number in (1, 2, 3)],
        "accounts.account": [account(f"a{number}") for number in range(ACCOUNTS)],
        "accounts.user": [
            user(f"u{number}", f"a{number}", last_login_on="2026-02-02") for number in range(4)
        ],
        "pricing.feed": [feed("erp:prices:")],
        "orders.export": [
            {"id": f"e{number}", "connector": "erp", "state": "READY"} for number in range(ORDERS)
        ],
    }


def _messages(topic: str, values: Sequence[Mapping[str, Any]]) -> list[Message]:
    made = []
    for version, value in enumerate(values, 1):
        headers = {
            "ce_specversion": "1.0", "ce_id": new_id(), "ce_type": f"{topic}.v1", "ce_source": "/kontor/x",
            "ce_subject": value["id"], "ce_time": "2026-03-02T09:00:00Z", "ce_sequence": str(version),
        }  # fmt: skip
        pairs = tuple((name, text.encode()) for name, text in headers.items())
        made.append(Message(value["id"], orjson.dumps(value), pairs))
    return made


@asynccontextmanager
async def _working(
    database: Database, bootstrap: str, group: str, subscriptions: Sequence[AnySubscription]
) -> AsyncIterator[None]:
    worker = EventWorker(
        database=database,
        kafka_bootstrap=bootstrap,
        service=group,
        tables=tables.events,
        contracts_dir=Path("contracts"),
        topics=(),
        subscriptions=subscriptions,
        republishers=(),
        clock=FrozenClock(),
        metrics=EventMetrics(CollectorRegistry()),
    )
    stop = asyncio.Event()
    running_worker = asyncio.create_task(worker.run(stop))
    try:
        yield
    finally:
        stop.set()
        await running_worker


async def _until_told(office: Office) -> None:
    for _ in range(600):
        days = await office.items("turnover", **{"from": "2026-01-01"})
        exports = (await office.ask("exports")).json()["items"]
        feeds = (await office.ask("feeds")).json()["items"]
        users = (await office.ask("account-activity/counts")).json()
        counted = (sum(row["orders"] for row in days), [row["exports"] for row in exports])
        if counted == (ORDERS, [ORDERS]) and feeds and users["accounts"] == ACCOUNTS:
            return
        await asyncio.sleep(0.05)
    pytest.fail("not everything was told")


async def _answers(office: Office) -> list[bytes]:
    found = [await office.ask(question) for question in QUESTIONS]
    assert {200} == {answer.status_code for answer in found}
    return [answer.content for answer in found]


async def test_a_lost_database_is_rebuilt_from_the_topics_and_answers_the_same_bytes(
    databases: Databases, kafka: Broker, clock: FrozenClock
) -> None:
    group = f"analytics-{new_id()}"
    async with kafka.unique_topics(*(found.topic for found in SUBSCRIBED), partitions=2) as topics:
        subscriptions = [replace(found, topic=topics[found.topic]) for found in SUBSCRIBED]
        for topic, values in _trade(seed=7).items():
            await kafka.produce(topics[topic], _messages(topic, values))
        async with databases.fresh("analytics", migrate) as url, running(url, clock) as office:
            async with _working(office.wiring.database, kafka.bootstrap, group, subscriptions):
                await _until_told(office)
                await asyncio.sleep(1)
                with pytest.raises(GroupInUseError):
                    await rebuild(office.wiring.database, kafka.bootstrap, group, list(topics.values()))
            before = await _answers(office)
        # The database is gone with everything in it.
        async with databases.fresh("analytics", migrate) as url, running(url, clock) as office:
            empty = await _answers(office)
            await rebuild(office.wiring.database, kafka.bootstrap, group, list(topics.values()))
            async with _working(office.wiring.database, kafka.bootstrap, group, subscriptions):
                await _until_told(office)
                await asyncio.sleep(1)
            assert before == await _answers(office)
    assert all(question != nothing for question, nothing in zip(before, empty, strict=True))
