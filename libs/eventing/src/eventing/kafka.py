"""The one small interface over the Kafka client: a producer, and a view of the cluster."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import (
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
    for_code,
)

from eventing.closing import close_admin, close_consumer, close_producer
from eventing.envelope import Record
from eventing.topics import TopicFile

MAX_MESSAGE_BYTES = 8 * 1024 * 1024
BATCH_BYTES = 256 * 1024
METADATA_SECONDS = 1.0
TOPIC_EXISTS = 36

UNREACHABLE = (KafkaError, OSError, TimeoutError)
"""What a lost, slow or restarting broker raises."""

REFUSED = (
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    InvalidTopicError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
"""What says something about a message or its topic, not about the connection."""


@dataclass(frozen=True)
class Message:
    """What a producer sends."""

    topic: str
    key: str
    value: bytes
    headers: Sequence[tuple[str, bytes]]


def silence_client_logs() -> None:
    """The client logs every failed attempt as an error; our loops say once what is wrong."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


def record_of(message: ConsumerRecord[bytes | None, bytes | None]) -> Record:
    """A message as the client gives it, in our terms; bytes that are no UTF-8 are kept visible."""
    return Record(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=(message.key or b"").decode(errors="backslashreplace"),
        value=message.value,
        headers={name: value.decode(errors="backslashreplace") for name, value in message.headers},
    )


class Producer:
    """A running idempotent producer (acks=all).

    Once `broken` it is of no use: the broker no longer accepts the sequence numbers that follow a lost batch.
    """

    def __init__(self, client: AIOKafkaProducer, send_seconds: float) -> None:
        self._client = client
        self._send_seconds = send_seconds
        self.broken = False

    @classmethod
    async def start(cls, bootstrap: str, send_seconds: float) -> "Producer":
        """Connects. `send_seconds` bounds one `send`. Raises one of UNREACHABLE."""
        client = AIOKafkaProducer(
            bootstrap_servers=bootstrap,
            acks="all",
            enable_idempotence=True,
            max_request_size=MAX_MESSAGE_BYTES,
            max_batch_size=BATCH_BYTES,
            request_timeout_ms=int(send_seconds * 1000),
        )
        try:
            async with asyncio.timeout(send_seconds):
                await client.start()
        except BaseException:
            await close_producer(client)
            raise
        return cls(client, send_seconds)

    async def send(self, messages: Sequence[Message]) -> Sequence[BaseException | None]:
        """Sends in order and waits for every acknowledgement; one outcome per message, None where it is safe.

        After a message the client itself refuses, later ones of its key are not sent: they share its error.
        """
        missing = await self._missing_topics({message.topic for message in messages})
        refused: dict[tuple[str, str], BaseException] = {}
        waiting: list[asyncio.Future[object] | None] = []
        for message in messages:
            key = (message.topic, message.key)
            if message.topic in missing:
                refused.setdefault(key, missing[message.topic])
            waiting.append(None if key in refused else await self._hand_over(message, refused))
        sent = [future for future in waiting if future is not None]
        if sent:
            await asyncio.wait(sent, timeout=self._send_seconds)
        return [
            refused[(message.topic, message.key)] if future is None else self._outcome(future)
            for message, future in zip(messages, waiting, strict=True)
        ]

    async def _hand_over(
        self, message: Message, refused: dict[tuple[str, str], BaseException]
    ) -> asyncio.Future[object] | None:
        try:
            async with asyncio.timeout(self._send_seconds):
                future: asyncio.Future[object] = await self._client.send(
                    message.topic, message.value, message.key.encode(), headers=message.headers
                )
                return future
        except UNREACHABLE as error:
            self.broken = self.broken or not isinstance(error, REFUSED)
            refused[(message.topic, message.key)] = error
            return None

    def _outcome(self, future: asyncio.Future[object]) -> BaseException | None:
        if not future.done():
            self.broken = True
            future.add_done_callback(_forget)
            return TimeoutError("no acknowledgement in time")
        error = future.exception()
        self.broken = self.broken or error is not None
        return error

    async def _missing_topics(self, topics: Iterable[str]) -> Mapping[str, BaseException]:
        """Topics nobody has created: asked first, so that they do not hold up the others row by row."""

        async def exists(topic: str) -> bool:
            try:
                async with asyncio.timeout(METADATA_SECONDS):
                    await self._client.partitions_for(topic)
            except UNREACHABLE:
                return False
            return True

        asked = sorted(topics)
        found = await asyncio.gather(*(exists(topic) for topic in asked))
        return {
            topic: UnknownTopicOrPartitionError(topic)
            for topic, there in zip(asked, found, strict=True)
            if not there
        }

    async def close(self) -> None:
        """Ends within a time limit, delivered or not."""
        await close_producer(self._client)


def _forget(future: asyncio.Future[object]) -> None:
    """Takes the result of a future nobody waits for any more, or asyncio complains about it."""
    if not future.cancelled():
        future.exception()


class Cluster:
    """A connection that looks at Kafka from the side: its id, topics, ends and committed positions."""

    def __init__(self, admin: AIOKafkaAdminClient, prober: AIOKafkaConsumer, seconds: float) -> None:
        self._admin = admin
        self._prober = prober
        self._seconds = seconds

    @classmethod
    async def connect(cls, bootstrap: str, seconds: float = 5.0) -> "Cluster":
        """Connects; each later question takes at most `seconds`. Raises one of UNREACHABLE."""
        milliseconds = int(seconds * 1000)
        cluster = cls(
            AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=milliseconds),
            AIOKafkaConsumer(
                bootstrap_servers=bootstrap, request_timeout_ms=milliseconds, enable_auto_commit=False
            ),
            seconds,
        )
        try:
            async with asyncio.timeout(seconds):
                await cluster._admin.start()
                await cluster._prober.start()
        except BaseException:
            await cluster.close()
            raise
        return cluster

    async def id(self) -> str:
        """Kafka's cluster id."""
        async with asyncio.timeout(self._seconds):
            return str((await self._admin.describe_cluster())["cluster_id"])

    async def create_topics(self, files: Sequence[TopicFile], replication: int = -1) -> None:
        """Creates the topics that are missing; `replication` -1 is the broker's default."""
        if not files:
            return
        wanted = [NewTopic(file.topic, file.partitions, replication, {}, file.config) for file in files]
        async with asyncio.timeout(self._seconds + 25):
            answer = await self._admin.create_topics(wanted)
        for topic, code, *_ in answer.topic_errors:
            if code not in (0, TOPIC_EXISTS):
                raise for_code(code)(topic)

    async def partitions(self, topics: Sequence[str]) -> Sequence[TopicPartition]:
        """The partitions of those topics that exist."""
        async with asyncio.timeout(self._seconds):
            described = await self._admin.describe_topics(list(topics))
        return [
            TopicPartition(topic["topic"], partition["partition"])
            for topic in described
            if topic["error_code"] == 0
            for partition in topic["partitions"]
        ]

    async def ends(self, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
        """The offset the next message of each partition will have."""
        async with asyncio.timeout(self._seconds):
            return await self._prober.end_offsets(list(partitions)) if partitions else {}

    async def starts(self, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
        """The first offset each partition still has."""
        async with asyncio.timeout(self._seconds):
            return await self._prober.beginning_offsets(list(partitions)) if partitions else {}

    async def committed(self, group: str) -> Mapping[TopicPartition, int]:
        """Where a consumer group goes on reading."""
        async with asyncio.timeout(self._seconds):
            offsets = await self._admin.list_consumer_group_offsets(group)
        return {partition: found.offset for partition, found in offsets.items() if found.offset >= 0}

    async def close(self) -> None:
        """Closes both connections."""
        await close_consumer(self._prober)
        await close_admin(self._admin)
