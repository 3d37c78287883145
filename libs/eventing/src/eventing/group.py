"""The consumer group of a service: batches are applied, committed to the database, then to Kafka."""

import asyncio
import time
from collections.abc import Sequence

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError

from eventing.applying import Applier
from eventing.closing import close_consumer
from eventing.kafka import MAX_MESSAGE_BYTES, record_of
from eventing.loops import Probe, no_probe

logger = structlog.get_logger(__name__)

BATCH = 500
POLL_MILLISECONDS = 200
METADATA_MILLISECONDS = 5_000


class GroupConsumer:
    """One consumer for all subscriptions of a worker; it can be thrown away and made anew at any time."""

    def __init__(
        self,
        bootstrap: str,
        group: str,
        topics: Sequence[str],
        applier: Applier,
        *,
        instance: str | None = None,
        probe: Probe = no_probe,
    ) -> None:
        self._bootstrap = bootstrap
        self._group = group
        self._topics = list(topics)
        self._applier = applier
        self._instance = instance
        self._probe = probe
        self._give_up = asyncio.Event()
        self._client: AIOKafkaConsumer | None = None
        self.busy = False
        """True while a batch is being applied."""
        self.polled_at = time.monotonic()
        """When messages last came, or when the present consumer was made."""

    def recreate(self) -> None:
        """Throws the present consumer away; `run` makes another."""
        self._give_up.set()

    def assignment(self) -> frozenset[TopicPartition]:
        """The partitions this consumer reads at present."""
        return frozenset() if self._client is None else frozenset(self._client.assignment())

    async def run(self, stop: asyncio.Event) -> None:
        """Reads with one consumer until `stop` or `recreate`. Raises what a lost broker raises."""
        self._give_up.clear()
        self.polled_at = time.monotonic()
        self._client = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=self._group,
            group_instance_id=self._instance,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            max_poll_records=BATCH,
            max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
            metadata_max_age_ms=METADATA_MILLISECONDS,
        )
        reading = asyncio.create_task(self._read(self._client, stop), name="consumer-read")
        ended = [asyncio.create_task(event.wait()) for event in (self._give_up, stop)]
        try:
            await asyncio.wait([reading, *ended], return_when=asyncio.FIRST_COMPLETED)
            if stop.is_set():
                # What is being applied may finish and be committed.
                await asyncio.wait([reading], timeout=5)
        finally:
            for task in (reading, *ended):
                task.cancel()
            await asyncio.wait([reading, *ended], timeout=5)
            await close_consumer(self._client)
            self._client = None
            self.busy = False
        if reading.done() and not reading.cancelled():
            reading.result()

    async def _read(self, client: AIOKafkaConsumer, stop: asyncio.Event) -> None:
        await client.start()
        # Subscribing after the start does not wait for topics that nobody has created yet.
        client.subscribe(self._topics)
        logger.info("consumer_reads", group=self._group, topics=self._topics)
        while not stop.is_set():
            found = await client.getmany(timeout_ms=POLL_MILLISECONDS, max_records=BATCH)
            if not found:
                continue
            self.polled_at = time.monotonic()
            self.busy = True
            await self._applier.apply(
                [record_of(message) for messages in found.values() for message in messages]
            )
            self._probe("consumer:applied")
            await self._commit(client, {part: messages[-1].offset + 1 for part, messages in found.items()})
            self._probe("consumer:committed")
            self.busy = False
            self.polled_at = time.monotonic()

    async def _commit(self, client: AIOKafkaConsumer, offsets: dict[TopicPartition, int]) -> None:
        try:
            await client.commit(offsets)
        except (CommitFailedError, IllegalStateError) as error:
            # The partitions went to another worker meanwhile: it applies these messages again, harmlessly.
            logger.info("commit_superseded", error=repr(error))
