"""The worker as a process: states in from a real Kafka, audiences out to it."""

import asyncio
import os
import secrets
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest

from chassis import migrations
from chassis.clock import SystemClock
from chassis.ids import new_id
from eventing.envelope import Attributes, headers
from eventing.kafka import Cluster
from eventing.topics import topic_files
from local_stack.ports import free_port
from pricing.cli import MIGRATIONS
from services.pricing.tests.support.states import CATALOGUE, a_member, an_account
from testkit.kafka import Broker, Message
from testkit.postgres import Databases
from testkit.processes import Program

CONTRACTS = Path(__file__).parents[4] / "contracts"
CONSUMED = ("accounts.account", "accounts.user", "accounts.role", "catalog.product", "catalog.category")


def a_message(topic: str, key: str, version: int, state: dict[str, Any]) -> Message:
    attributes = Attributes(topic, secrets.token_hex(8), "/kontor/test", key, SystemClock().now(), version)
    return Message(key, orjson.dumps(state), tuple(headers(attributes)))


@pytest.fixture
async def topics(kafka: Broker) -> None:
    """Every topic pricing owns or reads. They stay: other tests of the run may use them at this moment."""
    cluster = await Cluster.connect(kafka.bootstrap)
    try:
        await cluster.create_topics(topic_files(CONTRACTS, owner="pricing"))
    finally:
        await cluster.close()
    await kafka.create_topics(CONSUMED)


async def told(kafka: Broker, topic: str, key: str) -> dict[str, Any]:
    """The newest state of a key, as soon as there is one."""
    async with asyncio.timeout(30):
        while True:
            found = [message for message in await kafka.read_topic(topic) if message.key == key]
            if found and found[-1].value:
                state: dict[str, Any] = orjson.loads(found[-1].value)
                return state
            await asyncio.sleep(0.1)


@pytest.mark.usefixtures("topics")
async def test_a_users_audience_is_published_as_soon_as_his_account_is_known(
    databases: Databases, kafka: Broker, tmp_path: Path
) -> None:
    async with databases.fresh("pricing", partial(migrations.upgrade, MIGRATIONS)) as url:
        port, user_id, account_id = free_port(), new_id(), new_id()
        env = {
            "KONTOR_DATABASE_URL": url,
            "KONTOR_KAFKA_BOOTSTRAP": kafka.bootstrap,
            "KONTOR_CURSOR_SECRET": "a secret of tests",
            "KONTOR_CONTRACTS_DIR": str(CONTRACTS),
            "KONTOR_WORKER_PORT": str(port),
            "PATH": os.environ["PATH"],
        }
        async with Program("pricing", "worker", env, port, tmp_path / "worker.log"):
            user = a_member(user_id, account_id)
            await kafka.produce("accounts.user", [a_message("accounts.user", user_id, 1, user)])
            account = an_account(account_id)
            await kafka.produce("accounts.account", [a_message("accounts.account", account_id, 1, account)])
            principal = await told(kafka, "visibility.principal", user_id)
            audience = await told(kafka, "visibility.audience", principal["audience_id"])
    assert (account_id, CATALOGUE) == (principal["account_id"], audience["catalogue_id"])
