"""The relay: one per database, it carries the outbox to Kafka in order and marks what arrived."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog
from aiokafka.errors import UnknownTopicOrPartitionError
from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from chassis.database import Database, Reader
from chassis.loops import pause
from eventing.heartbeat import Heartbeat
from eventing.kafka import REFUSED, UNREACHABLE, Cluster, Producer
from eventing.lane import Lane, Row
from eventing.loops import Probe, no_probe
from eventing.metrics import EventMetrics
from eventing.tables import EventTables
from eventing.topics import TopicFile

logger = structlog.get_logger(__name__)

LOCK = 0x6B6F6E746F72
"""The advisory lock that makes a relay the only one of its database."""

IDLE_SECONDS = 0.04
STANDBY_SECONDS = 1.0
CLUSTER_SECONDS = 5.0


@dataclass(frozen=True)
class RelayPlan:
    """What a relay needs to know of its service. `send_seconds` bounds a send and a take-over's wait."""

    bootstrap: str
    topics: Sequence[TopicFile]
    republish: Callable[[], Awaitable[None]]
    heartbeat: Heartbeat | None = None
    send_seconds: float = 10.0


class _ProducerLostError(Exception):
    """The producer is of no use any more; another one is needed."""


class Relay:
    """Run it in every worker: one leads, the others stand by."""

    def __init__(
        self,
        database: Database,
        tables: EventTables,
        plan: RelayPlan,
        metrics: EventMetrics,
        probe: Probe = no_probe,
    ) -> None:
        self._database = database
        self._tables = tables
        self._plan = plan
        self._metrics = metrics
        self._probe = probe
        self._lane = Lane(tables)
        self._suspects: set[tuple[str, str]] = set()
        self._reachable = True

    async def run(self, stop: asyncio.Event) -> None:
        """Leads as long as it holds the lock, else waits for it. Raises what the database raises."""
        while not stop.is_set():
            async with self._database.read() as session:
                if await session.scalar(select(func.pg_try_advisory_lock(literal(LOCK)))):
                    try:
                        await self._lead(session, stop)
                    finally:
                        self._metrics.relay_leads.set(0)
                        # A broken session has lost the lock already, and fails here.
                        with suppress(SQLAlchemyError, OSError):
                            await session.scalar(select(func.pg_advisory_unlock(literal(LOCK))))
                    continue
            await pause(stop, STANDBY_SECONDS)

    async def _lead(self, session: Reader, stop: asyncio.Event) -> None:
        """Publishes until `stop`; each round reads on the session with the lock, so losing it ends here."""
        state = self._tables.relay_state
        released = await session.scalar(select(state.c.released))
        if released is False:
            # The former relay may live on without its lock; by then its last send has failed or arrived.
            await pause(stop, self._plan.send_seconds)
            if stop.is_set():
                return
        await self._remember(released=False)
        self._metrics.relay_leads.set(1)
        logger.info("relay_leads", taken_over=released is False)
        while not stop.is_set():
            try:
                await self._produce(session, stop)
            except (_ProducerLostError, *UNREACHABLE) as error:
                if self._reachable:
                    logger.warning("relay_lost_kafka", error=repr(error))
                self._reachable = False
                await session.scalar(select(literal(1)))
                await pause(stop, 0.2)
        await self._remember(released=True)

    async def _produce(self, session: Reader, stop: asyncio.Event) -> None:
        """Publishes with one producer until it is lost."""
        cluster = await Cluster.connect(self._plan.bootstrap)
        try:
            await self._know_cluster(session, cluster)
            producer = await Producer.start(self._plan.bootstrap, self._plan.send_seconds)
            try:
                looked = time.monotonic()
                while not stop.is_set():
                    rows = await self._lane.next(session, time.monotonic())
                    behind = await self._publish(producer, rows)
                    await self._beat(producer, behind)
                    if not rows:
                        await pause(stop, IDLE_SECONDS)
                    if time.monotonic() - looked > CLUSTER_SECONDS:
                        await self._know_cluster(session, cluster)
                        looked = time.monotonic()
            finally:
                await producer.close()
        finally:
            await cluster.close()

    async def _know_cluster(self, session: Reader, cluster: Cluster) -> None:
        """On a Kafka never seen before: topics first, then every state again."""
        current = await cluster.id()
        known = await session.scalar(select(self._tables.relay_state.c.cluster_id))
        if current == known:
            return
        await cluster.create_topics(self._plan.topics)
        if known is not None:
            logger.warning("kafka_replaced", was=known, now=current)
            await self._plan.republish()
        await self._remember(cluster_id=current)

    async def _publish(self, producer: Producer, rows: Sequence[Row]) -> bool:
        """Sends rows and marks what arrived; True when something urgent stayed behind."""
        await self._send(producer, [row for row in rows if row.key not in self._suspects])
        for key in self._suspects & {row.key for row in rows}:
            if producer.broken:
                break
            await self._send(producer, [row for row in rows if row.key == key], alone=True)
        if producer.broken:
            raise _ProducerLostError
        if not self._reachable:
            logger.info("relay_found_kafka")
            self._reachable = True
        return self._lane.urgent_held

    async def _send(self, producer: Producer, rows: Sequence[Row], *, alone: bool = False) -> None:
        """Sends rows in order and marks what arrived.

        Of a key only what came before its first failure is marked: what followed it goes again, in order.
        """
        if not rows:
            return
        outcomes = await producer.send([row.message for row in rows])
        self._probe("relay:sent")
        failed: set[tuple[str, str]] = set()
        arrived = []
        for row, error in zip(rows, outcomes, strict=True):
            if error is not None and row.key not in failed:
                failed.add(row.key)
                self._refuse(row, error, alone=alone)
            if row.key not in failed:
                arrived.append(row)
        await self._lane.mark(self._database, arrived)
        self._probe("relay:marked")
        for row in arrived:
            self._metrics.published.labels(row.message.topic).inc()
        if alone:
            self._suspects -= {row.key for row in arrived} | failed

    def _refuse(self, row: Row, error: BaseException, *, alone: bool) -> None:
        """A key refused among others is tried alone next, for batches fail whole; alone, it is held back."""
        self._metrics.relay_failures.labels(row.message.topic).inc()
        if not isinstance(error, REFUSED):
            return
        missing_topic = isinstance(error, UnknownTopicOrPartitionError)
        if not alone and not missing_topic:
            self._suspects.add(row.key)
            return
        self._lane.hold(row, time.monotonic(), whole_topic=missing_topic)
        logger.error("relay_holds_key", topic=row.message.topic, key=row.message.key, error=repr(error))

    async def _beat(self, producer: Producer, urgent_behind: bool) -> None:
        """A sign of life, but only while nothing urgent waits: it is what lets others trust silence."""
        heartbeat = self._plan.heartbeat
        if heartbeat is None or urgent_behind or not heartbeat.due():
            return
        (error,) = await producer.send([heartbeat.message()])
        if error is not None:
            raise _ProducerLostError from error

    async def _remember(self, **values: object) -> None:
        """Writes the one row of relay_state."""
        row = {"released": False, **values}
        statement = insert(self._tables.relay_state).values(id=1, **row)
        changes = {**values, "changed_at": func.now()}
        async with self._database.transaction() as tx:
            await tx.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changes))
