"""Messages over a real Kafka: visibility takes answers away at once, accounts give customers their codes."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import orjson
import yaml
from sqlalchemy import select

from catalog import events
from catalog.audiences.consumers import AUDIENCE, PRINCIPAL
from catalog.consumers import SUBSCRIBED
from catalog.projections.accounts import AccountKey, apply_accounts
from catalog.tables import account
from eventing.envelope import Arrived, Attributes, headers
from services.catalog.tests.support.platform import Platform, migrate, running
from services.catalog.tests.support.pricing import also
from testkit.clock import FrozenClock
from testkit.kafka import Broker, Message
from testkit.postgres import Databases

CONTRACTS = Path(__file__).parents[4] / "contracts/events"
MOMENT = datetime(2026, 3, 2, tzinfo=UTC)


async def followed(platform: Platform) -> None:
    """Returns when visibility is followed."""
    for _ in range(100):
        ready = (await platform.http.get("/readyz")).json()
        if ready["checks"]["visibility_events"]["state"] == "ready":
            return
        await asyncio.sleep(0.1)
    raise AssertionError("visibility is not followed")


async def test_a_change_of_visibility_is_seen_within_a_second(
    databases: Databases, kafka: Broker, clock: FrozenClock
) -> None:
    await kafka.create_topics([PRINCIPAL.topic, AUDIENCE.topic])
    async with (
        databases.fresh("catalog", migrate) as url,
        running(url, clock, kafka_bootstrap=kafka.bootstrap) as platform,
    ):
        product_id = await platform.product("A")
        everything = await platform.everything()
        user = platform.user(everything)
        await followed(platform)
        assert ["A"] == await platform.seen(user)
        for topic in (AUDIENCE.topic, PRINCIPAL.topic):
            hides = topic == AUDIENCE.topic
            rules = [also(product_id)] if hides else []
            audience_id = platform.pricing.give(user.id, everything, hide=rules)
            key = audience_id if hides else user.id
            told = Attributes(topic, key, "/kontor/pricing", key, MOMENT, version=2)
            await kafka.produce(topic, [Message(key, orjson.dumps({"id": key}), tuple(headers(told)))])
            await asyncio.sleep(1.0)
            assert ([] if hides else ["A"]) == await platform.seen(user)


async def test_the_newest_key_of_an_account_is_kept_and_a_deleted_one_forgotten(platform: Platform) -> None:
    def told(version: int, external_id: str | None) -> Arrived[AccountKey]:
        value = None if external_id is None else AccountKey(id="a", source="erp", external_id=external_id)
        return Arrived("a", version, value, f"event-{version}", MOMENT)

    async def known() -> list[str]:
        async with platform.wiring.database.read() as reader:
            return list(await reader.scalars(select(account.c.external_id)))

    for version, external_id, kept in (
        (2, "C2", ["C2"]),
        (1, "C1", ["C2"]),
        (3, "C3", ["C3"]),
        (4, None, []),
    ):
        async with platform.wiring.database.transaction() as tx:
            await apply_accounts(tx, [told(version, external_id)])
        assert kept == await known()


def test_every_example_fits_its_producer_and_every_consumed_topic_is_declared() -> None:
    for topic in events.TOPICS:
        folder = CONTRACTS / topic.name
        assert "catalog" == yaml.safe_load((folder / "topic.yaml").read_text())["owner"]
        examples = sorted((folder / "examples").glob("*.json"))
        assert len(examples) >= 2
        for example in examples:
            content = orjson.loads(example.read_bytes())
            if not content.get("deleted"):
                topic.model.model_validate_json(example.read_bytes())
    for subscription in SUBSCRIBED:
        consumers = yaml.safe_load((CONTRACTS / subscription.topic / "topic.yaml").read_text())["consumers"]
        assert "catalog" in consumers
        first = CONTRACTS / subscription.topic / "examples/first.json"
        subscription.model.model_validate_json(first.read_bytes())
