"""Notices without an outbox (`usage.*`): sent and forgotten, few may be lost, and the losses are counted."""

import asyncio
import time
from collections.abc import Sequence

import structlog
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from pydantic import BaseModel

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.loops import pause
from eventing.envelope import Attributes, headers
from eventing.kafka import UNREACHABLE, Cluster, Message, Producer
from eventing.metrics import EventMetrics
from eventing.topics import Kind, M, Topic, TopicFile

logger = structlog.get_logger(__name__)

QUEUE = 10_000
BATCH = 500
SEND_SECONDS = 5.0
CLUSTER_SECONDS = 5.0


class NoticeSender:
    """Run it beside the server; `send` never waits and never raises for a broker that is away.

    `topics` are created where they are missing: a process without a relay has nobody else for it.
    """

    def __init__(
        self,
        bootstrap: str,
        source: str,
        clock: Clock,
        metrics: EventMetrics,
        *,
        topics: Sequence[TopicFile] = (),
        queue: int = QUEUE,
    ) -> None:
        self._bootstrap = bootstrap
        self._source = source
        self._clock = clock
        self._metrics = metrics
        self._topics = topics
        self._queue: asyncio.Queue[Message] = asyncio.Queue(queue)
        self.sent = 0
        self.lost = 0

    def send(self, topic: Topic[M], key: str, value: M) -> None:
        """Queues a notice; when the queue is full it is lost and counted."""
        if topic.kind is not Kind.NOTICE:
            raise ValueError(f"{topic.name} is state and leaves by the outbox")
        try:
            self._queue.put_nowait(self._message(topic.name, key, value))
        except asyncio.QueueFull:
            self._lose(topic.name)

    async def run(self, stop: asyncio.Event) -> None:
        """Sends what is queued until `stop`, then what is left."""
        warned = False
        while not stop.is_set():
            try:
                cluster = await Cluster.connect(self._bootstrap)
                try:
                    await self._send_to(cluster, stop)
                finally:
                    await cluster.close()
                warned = False
            except UNREACHABLE as error:
                if not warned:
                    logger.warning("notices_wait_for_kafka", error=repr(error))
                warned = True
                await pause(stop, 1.0)

    async def _send_to(self, cluster: Cluster, stop: asyncio.Event) -> None:
        """Sends with one producer until it is lost, or Kafka is another one: that may have no topics."""
        known = await cluster.id()
        await cluster.create_topics(self._topics)
        producer = await Producer.start(self._bootstrap, SEND_SECONDS)
        try:
            looked = time.monotonic()
            while not producer.broken and not (stop.is_set() and self._queue.empty()):
                await self._send_some(producer)
                if time.monotonic() - looked > CLUSTER_SECONDS:
                    if await cluster.id() != known:
                        return
                    looked = time.monotonic()
        finally:
            await producer.close()

    async def _send_some(self, producer: Producer) -> None:
        try:
            async with asyncio.timeout(0.2):
                batch = [await self._queue.get()]
        except TimeoutError:
            return
        while len(batch) < BATCH and not self._queue.empty():
            batch.append(self._queue.get_nowait())
        for message, error in zip(batch, await producer.send(batch), strict=True):
            if error is None:
                self.sent += 1
            else:
                self._lose(message.topic)

    def _message(self, topic: str, key: str, value: BaseModel) -> Message:
        carrier: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(carrier)
        attributes = Attributes(
            topic=topic,
            id=new_id(),
            source=self._source,
            subject=key,
            time=self._clock.now(),
            traceparent=carrier.get("traceparent"),
        )
        return Message(topic, key, value.model_dump_json().encode(), headers(attributes))

    def _lose(self, topic: str) -> None:
        self.lost += 1
        self._metrics.notices_lost.labels(topic).inc()
