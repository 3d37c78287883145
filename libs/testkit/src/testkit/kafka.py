"""Topics for tests: made, filled and read to their end on a real broker."""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import for_code

_EXISTS_ALREADY = 36


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it lies in a topic; `partition` and `offset` are set by the broker."""

    key: str | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int = -1
    offset: int = -1

    def header(self, name: str) -> str | None:
        """The first header of that name, as text."""
        return next((value.decode() for key, value in self.headers if key == name), None)


class Broker:
    """A broker, with what tests do to it."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap

    async def create_topics(
        self, names: Sequence[str], partitions: int = 1, config: Mapping[str, str] | None = None
    ) -> None:
        """Create topics that are not there yet; raises the broker's error on any other refusal."""
        settings = {key: str(value) for key, value in (config or {}).items()}
        topics = [NewTopic(name, partitions, 1, topic_configs=settings) for name in names]
        async with self._admin() as admin:
            answer = await admin.create_topics(topics)
        for topic, code, *rest in answer.topic_errors:
            if code not in (0, _EXISTS_ALREADY):
                raise for_code(code)(f"topic {topic}: {rest}")

    async def delete_topics(self, names: Sequence[str]) -> None:
        """Delete topics; those that do not exist are as good as deleted."""
        async with self._admin() as admin:
            await admin.delete_topics(list(names))

    @asynccontextmanager
    async def unique_topics(
        self, *names: str, partitions: int = 1, config: Mapping[str, str] | None = None
    ) -> AsyncIterator[dict[str, str]]:
        """Topics of one's own, deleted afterwards: the given names → the unique ones."""
        suffix = secrets.token_hex(4)
        topics = {name: f"{name}-{suffix}" for name in names}
        await self.create_topics(list(topics.values()), partitions, config)
        try:
            yield topics
        finally:
            await self.delete_topics(list(topics.values()))

    async def produce(self, topic: str, messages: Sequence[Message]) -> None:
        """Send in order and wait until all are acknowledged; a set `partition` is honoured."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, acks="all", enable_idempotence=True)
        await producer.start()
        try:
            for message in messages:
                await producer.send(
                    topic,
                    message.value,
                    key=None if message.key is None else message.key.encode(),
                    headers=list(message.headers),
                    partition=None if message.partition < 0 else message.partition,
                )
        finally:
            await producer.stop()  # which flushes

    async def read_topic(self, topic: str) -> list[Message]:
        """All messages between the beginning of a topic and its end at the moment of the call.

        Transactions that were aborted are left out. In order within a partition.
        """
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap, enable_auto_commit=False, isolation_level="read_committed"
        )
        await consumer.start()
        try:
            count = await self._partitions(topic)
            places = [TopicPartition(topic, number) for number in range(count)]
            consumer.assign(places)
            await consumer.seek_to_beginning()
            ends = await consumer.end_offsets(places)
            found: list[Message] = []
            for place in places:
                while await consumer.position(place) < ends[place]:
                    batch = await consumer.getmany(place, timeout_ms=200)
                    found += [_message(record) for records in batch.values() for record in records]
            return found
        finally:
            await consumer.stop()

    async def _partitions(self, topic: str) -> int:
        async with self._admin() as admin:
            (description,) = await admin.describe_topics([topic])
        if description["error_code"]:
            raise for_code(description["error_code"])(f"topic {topic}")
        return len(description["partitions"])

    @asynccontextmanager
    async def _admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()


def _message(record: ConsumerRecord) -> Message:
    return Message(
        key=None if record.key is None else record.key.decode(),
        value=record.value,
        headers=tuple(record.headers),
        partition=record.partition,
        offset=record.offset,
    )
