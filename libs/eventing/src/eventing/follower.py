"""Following a topic whole, in every process and without a group: for revocations and cache evictions."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Generic

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.loops import pause
from eventing.closing import close_consumer
from eventing.envelope import Arrived, UndecodableError, decode
from eventing.kafka import MAX_MESSAGE_BYTES, UNREACHABLE, Cluster, record_of
from eventing.loops import cancelled_by_owner
from eventing.topics import Kind, M

logger = structlog.get_logger(__name__)

POLL_MILLISECONDS = 200
LOOK_SECONDS = 2.0
STALL_SECONDS = 5.0


class _RestartError(Exception):
    """The consumer hangs, or Kafka is another one: begin again."""


class TopicFollower(Generic[M]):
    """Hands every message of a topic to `on_event`, from the start or from now on.

    After a lost broker it begins again, so a message may come more than once; `on_event` bears that.
    A message that cannot be read or handled is logged and counted in `refused`.
    """

    def __init__(
        self,
        bootstrap: str,
        topic: str,
        kind: Kind,
        model: type[M],
        on_event: Callable[[Arrived[M]], Awaitable[None] | None],
        *,
        from_start: bool = True,
    ) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._kind = kind
        self._model = model
        self._on_event = on_event
        self._from_start = from_start
        self._ready = asyncio.Event()
        self._heard_at: float | None = None
        self._warned = False
        self.refused = 0
        self.restarts = 0

    @property
    def ready(self) -> bool:
        """True once the end that was seen at the start is reached; it stays true."""
        return self._ready.is_set()

    async def wait_ready(self) -> None:
        """Returns when `ready`."""
        await self._ready.wait()

    @property
    def silent_seconds(self) -> float:
        """Seconds since the last message, heartbeats included; infinite before the first."""
        return float("inf") if self._heard_at is None else time.monotonic() - self._heard_at

    async def run(self, stop: asyncio.Event) -> None:
        """Follows until `stop`, through every loss of the broker."""
        while not stop.is_set():
            try:
                await self._follow(stop)
            except (_RestartError, asyncio.CancelledError, *UNREACHABLE) as error:
                if cancelled_by_owner(error):
                    raise
                self.restarts += 1
                if not self._warned:
                    logger.warning("follower_lost_kafka", topic=self._topic, error=repr(error))
                self._warned = True
                await pause(stop, 0.5)

    async def _follow(self, stop: asyncio.Event) -> None:
        cluster = await Cluster.connect(self._bootstrap)
        client = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            enable_auto_commit=False,
            # An offset that is gone belongs to messages that expired: the earliest there is follows it.
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
            request_timeout_ms=10_000,
        )
        try:
            async with asyncio.timeout(STALL_SECONDS):
                await client.start()
            partitions = await cluster.partitions([self._topic])
            if not partitions:
                raise _RestartError(f"topic {self._topic} does not exist")
            ends = dict(await cluster.ends(partitions))
            starts = await cluster.starts(partitions)
            client.assign(list(partitions))
            for part in partitions:
                client.seek(part, starts[part] if self._from_start else ends[part])
            await self._read(client, cluster, ends, stop)
        finally:
            await close_consumer(client)
            await cluster.close()

    async def _read(
        self, client: AIOKafkaConsumer, cluster: Cluster, goal: dict[TopicPartition, int], stop: asyncio.Event
    ) -> None:
        known = await cluster.id()
        looked = moved = time.monotonic()
        while not stop.is_set():
            found = await client.getmany(timeout_ms=POLL_MILLISECONDS)
            for messages in found.values():
                for message in messages:
                    await self._hand_over(message)
            now = time.monotonic()
            if found:
                moved = self._heard_at = now
            if not self.ready and await self._at(client, goal):
                self._ready.set()
            if now - looked > LOOK_SECONDS:
                looked = now
                if await cluster.id() != known:
                    raise _RestartError("Kafka was replaced")
                ends = dict(await cluster.ends(list(goal)))
                if now - moved > STALL_SECONDS and not await self._at(client, ends):
                    raise _RestartError("the consumer hangs")
                if self._warned:
                    logger.info("follower_found_kafka", topic=self._topic)
                    self._warned = False

    @staticmethod
    async def _at(client: AIOKafkaConsumer, goal: dict[TopicPartition, int]) -> bool:
        """True when every position is at its goal. Positions step over offsets that compaction removed."""
        async with asyncio.timeout(STALL_SECONDS):
            return all([await client.position(part) >= end for part, end in goal.items()])

    async def _hand_over(self, message: object) -> None:
        record = record_of(message)
        if record.is_heartbeat:
            return
        try:
            outcome = self._on_event(decode(record, self._kind, self._model))
            if inspect.isawaitable(outcome):
                await outcome
        except UndecodableError as error:
            self.refused += 1
            logger.error("follower_refused", topic=record.topic, key=record.key, error=str(error))
        except Exception as error:  # following must not die of one message; it logs and counts
            self.refused += 1
            logger.error("follower_failed", topic=record.topic, key=record.key, exc_info=error)
