"""A small service for tests: things with a version, an outbox, and a projection of what is heard."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer
from prometheus_client import CollectorRegistry
from sqlalchemy import BigInteger, Boolean, Column, Identity, MetaData, Table, Text, select, text
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.clock import SystemClock, next_version
from chassis.database import Database, Transaction
from chassis.ids import new_id
from eventing.applying import Applier
from eventing.consumer import Arrived, Subscription
from eventing.envelope import Attributes, Record, deletion, headers
from eventing.kafka import Cluster, Message, Producer, record_of
from eventing.loops import no_probe
from eventing.metrics import EventMetrics
from eventing.outbox import Outbox, Outgoing
from eventing.projection import upsert
from eventing.relay import Relay, RelayPlan
from eventing.republish import Republisher
from eventing.tables import event_tables
from eventing.topics import ConsumedModel, EventModel, Kind, Topic, TopicFile, topic_files
from eventing.worker import EventWorker


class ThingState(EventModel):
    id: str
    value: int


class ThingCopy(ConsumedModel):
    value: int


class Happened(EventModel):
    amount: int


class PoisonError(Exception):
    """What the handlers raise for a negative value."""


class Station:
    """One service with its tables; topics are named after it, so that tests do not meet."""

    def __init__(self, url: str, bootstrap: str, name: str, contracts: Path) -> None:
        self.url, self.bootstrap, self.name = url, bootstrap, name
        self.metadata = MetaData()
        self.tables = event_tables(self.metadata)
        self.things = Table(
            "things",
            self.metadata,
            Column("id", Text, primary_key=True),
            Column("value", BigInteger, nullable=False),
            Column("version", BigInteger, nullable=False),
        )
        self.copies = Table(
            "copies",
            self.metadata,
            Column("id", Text, primary_key=True),
            Column("value", BigInteger),
            Column("deleted", Boolean, nullable=False),
            Column("version", BigInteger, nullable=False),
        )
        self.heard = Table(
            "heard",
            self.metadata,
            Column("id", BigInteger, Identity(), primary_key=True),
            Column("ce_id", Text, nullable=False),
            Column("amount", BigInteger, nullable=False),
        )
        self.database = Database.connect(url, name=name)
        self.clock = SystemClock()
        self.thing = Topic(f"{name}.thing", Kind.STATE, ThingState)
        self.urgent = Topic(f"{name}.urgent", Kind.STATE, ThingState, urgent=True)
        self.happened = Topic(f"{name}.happened", Kind.NOTICE, Happened)
        self.topics: Sequence[Topic[Any]] = (self.thing, self.urgent, self.happened)
        self.contracts = contracts
        self.outbox = Outbox(self.tables, f"/kontor/{name}", self.clock)
        self.metrics = EventMetrics(CollectorRegistry())
        self.applier = Applier(self.database, self.tables, self.subscriptions, self.clock, self.metrics)

    async def prepare(self, *, topics: bool = True) -> None:
        """Creates the tables, the contract files and the topics."""
        engine = create_async_engine(self.url.replace("postgresql://", "postgresql+asyncpg://"))
        async with engine.begin() as connection:
            await connection.run_sync(self.metadata.create_all)
        await engine.dispose()
        self.write_contracts()
        if topics:
            cluster = await Cluster.connect(self.bootstrap)
            await cluster.create_topics(self.files)
            await cluster.close()

    def write_contracts(self) -> None:
        for topic in self.topics:
            folder = self.contracts / "events" / topic.name
            folder.mkdir(parents=True, exist_ok=True)
            policy = "compact" if topic.kind is Kind.STATE else "delete"
            (folder / "topic.yaml").write_text(
                f"topic: {topic.name}\nowner: {self.name}\nkind: {topic.kind}\nkey: id\n"
                f"partitions: 2\nconsumers: [{self.name}]\n"
                f"config:\n  cleanup.policy: {policy}\n  max.message.bytes: 8388608\n",
                encoding="utf-8",
            )

    @property
    def files(self) -> Sequence[TopicFile]:
        return topic_files(self.contracts, owner=self.name)

    async def close(self) -> None:
        await self.database.close()

    @property
    def subscriptions(self) -> Sequence[Subscription[Any]]:
        return (
            Subscription(self.thing.name, Kind.STATE, ThingCopy, self.copy_things),
            Subscription(self.happened.name, Kind.NOTICE, Happened, self.hear),
        )

    async def copy_things(self, tx: Transaction, arrived: Sequence[Arrived[ThingCopy]]) -> None:
        rows = [
            {
                "id": one.key,
                "value": one.value.value if one.value else None,
                "deleted": one.value is None,
                "version": one.version,
            }
            for one in arrived
        ]
        await upsert(tx, self.copies, rows)
        if any(one.value and one.value.value < 0 for one in arrived):
            raise PoisonError

    async def hear(self, tx: Transaction, arrived: Sequence[Arrived[Happened]]) -> None:
        for one in arrived:
            assert one.value is not None
            await tx.execute(self.heard.insert().values(ce_id=one.id, amount=one.value.amount))
            if one.value.amount < 0:
                raise PoisonError

    async def change(self, key: str, value: int, *, lock: bool = True, dwell: float = 0.0) -> int:
        """One use case: the thing gets a value and a new version; returns the version."""
        async with self.database.transaction() as tx:
            await tx.execute(
                text("INSERT INTO things VALUES (:id, 0, 0) ON CONFLICT DO NOTHING"), {"id": key}
            )
            statement = select(self.things.c.version).where(self.things.c.id == key)
            before = await tx.scalar(statement.with_for_update() if lock else statement)
            version = next_version(before, self.clock.now())
            state = ThingState(id=key, value=value)
            await self.outbox.put(tx, [Outgoing(self.thing, key, version, state)])
            await asyncio.sleep(dwell)
            await tx.execute(
                text("UPDATE things SET value = :value, version = :version WHERE id = :id"),
                {"id": key, "value": value, "version": version},
            )
        return version

    async def put(self, *events: Outgoing) -> None:
        async with self.database.transaction() as tx:
            await self.outbox.put(tx, events)

    def state(self, key: str, version: int, value: int) -> Outgoing:
        return Outgoing(self.thing, key, version, ThingState(id=key, value=value))

    def notice(self, amount: int, key: str = "n") -> Outgoing:
        return Outgoing(self.happened, key, None, Happened(amount=amount))

    async def read_things(
        self, tx: Transaction, after: str | None, limit: int, bump: bool
    ) -> Sequence[Outgoing]:
        statement = select(self.things).where(self.things.c.id > (after or "")).order_by(self.things.c.id)
        rows: Sequence[Mapping[str, Any]] = [
            dict(row) for row in await tx.all(statement.limit(limit).with_for_update())
        ]
        if bump:
            rows = [{**row, "version": next_version(row["version"], self.clock.now())} for row in rows]
            await upsert(tx, self.things, rows)
        return [self.state(row["id"], row["version"], row["value"]) for row in rows]

    @property
    def republishers(self) -> Sequence[Republisher]:
        return [Republisher(self.thing, self.read_things)]

    def relay(self, **plan: Any) -> Relay:
        async def nothing() -> None:
            return None

        values = {"topics": self.files, "republish": nothing, "send_seconds": 3.0, **plan}
        return Relay(self.database, self.tables, RelayPlan(self.bootstrap, **values), self.metrics)

    def worker(self, probe: Callable[[str], None] = no_probe, **more: Any) -> EventWorker:
        parts: dict[str, Any] = {
            "topics": self.topics,
            "subscriptions": self.subscriptions,
            "republishers": self.republishers,
            "metrics": self.metrics,
            "send_seconds": 3.0,
            **more,
        }
        return EventWorker(
            database=self.database,
            kafka_bootstrap=self.bootstrap,
            service=self.name,
            tables=self.tables,
            contracts_dir=self.contracts,
            clock=self.clock,
            probe=probe,
            **parts,
        )

    async def unpublished(self) -> int:
        async with self.database.read() as reader:
            return int(await reader.scalar(text("SELECT count(*) FROM outbox WHERE published_at IS NULL")))

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        async with self.database.read() as reader:
            return [tuple(row.values()) for row in await reader.all(text(statement))]

    async def log(self, topic: str) -> list[Record]:
        """Everything Kafka has of a topic, in order per partition."""
        return [record async for record in read_log(self.bootstrap, topic)]

    async def send(self, *events: Outgoing, topic: str | None = None) -> None:
        """Writes straight to Kafka, past outbox and relay."""
        producer = await Producer.start(self.bootstrap, 5.0)
        messages = [message_of(event, self.name, new_id()) for event in events]
        outcomes = await producer.send([replace(one, topic=topic or one.topic) for one in messages])
        await producer.close()
        assert [None] * len(events) == list(outcomes)


@asynccontextmanager
async def running(*loops: Callable[[asyncio.Event], Any], seconds: float = 15.0) -> AsyncIterator[None]:
    """The loops run beside the block and end after it."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(loop(stop)) for loop in loops]
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(seconds):
            await asyncio.gather(*tasks)


async def eventually(condition: Callable[[], Any], seconds: float = 15.0) -> None:
    """Waits until the awaited condition holds; says which one did not."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await condition():
        assert asyncio.get_running_loop().time() < deadline, f"{condition} did not come true in {seconds} s"
        await asyncio.sleep(0.05)


def message_of(event: Outgoing, service: str, ce_id: str) -> Message:
    """What the relay would make of an event."""
    attributes = Attributes(
        topic=event.topic.name,
        id=ce_id,
        source=f"/kontor/{service}",
        subject=event.key,
        time=SystemClock().now(),
        version=event.version,
    )
    value = event.value.model_dump_json().encode() if event.value else deletion(event.key)
    return Message(event.topic.name, event.key, value, headers(attributes))


async def read_log(bootstrap: str, topic: str) -> AsyncIterator[Record]:
    cluster = await Cluster.connect(bootstrap)
    partitions = await cluster.partitions([topic])
    ends = await cluster.ends(partitions)
    await cluster.close()
    client = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await client.start()
    client.assign(list(partitions))
    try:
        while any([await client.position(part) < end for part, end in ends.items()]):
            for messages in (await client.getmany(timeout_ms=100)).values():
                for found in messages:
                    yield record_of(found)
    finally:
        await client.stop()
