"""The watchdog: measures the group against the high-water marks, and replaces a consumer that hangs."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog
from aiokafka import TopicPartition
from sqlalchemy.dialects.postgresql import insert

from chassis.clock import Clock
from chassis.database import Database
from chassis.loops import pause
from eventing.group import GroupConsumer
from eventing.kafka import Cluster
from eventing.metrics import EventMetrics
from eventing.tables import EventTables

logger = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
STALL_SECONDS = 5.0
STALL_SECONDS_UNASSIGNED = 30.0
WRITE_SECONDS = 5.0

Offsets = Mapping[TopicPartition, int]


class Watchdog:
    """Looks at one consumer from a connection of its own."""

    def __init__(
        self,
        database: Database,
        tables: EventTables,
        consumer: GroupConsumer,
        clock: Clock,
        metrics: EventMetrics,
        *,
        bootstrap: str,
        group: str,
        topics: Sequence[str],
    ) -> None:
        self._database = database
        self._tables = tables
        self._consumer = consumer
        self._clock = clock
        self._metrics = metrics
        self._bootstrap = bootstrap
        self._group = group
        self._topics = list(topics)
        self._cluster_id: str | None = None
        self._goal: Offsets | None = None
        self._committed: Offsets = {}
        self._progress = clock.now()
        self._written: tuple[int, bool] | None = None
        self._written_at = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Looks every second until `stop`. Raises what a lost broker or database raises."""
        cluster = await Cluster.connect(self._bootstrap)
        try:
            while not stop.is_set():
                await self._look(cluster)
                await pause(stop, LOOK_SECONDS)
        finally:
            await cluster.close()

    async def _look(self, cluster: Cluster) -> None:
        await self._notice_new_cluster(cluster)
        partitions = await cluster.partitions(self._topics)
        ends = await cluster.ends(partitions)
        starts = await cluster.starts(partitions)
        committed = {**starts, **await cluster.committed(self._group)}
        behind = {part: max(end - max(committed[part], starts[part]), 0) for part, end in ends.items()}
        if any(committed[part] != self._committed.get(part) for part in ends):
            self._progress = self._clock.now()
        self._committed = committed
        lag = sum(behind.values())
        if self._goal is None and {part.topic for part in partitions} == set(self._topics):
            self._goal = ends
        reached = self._goal is not None and all(
            committed.get(part, 0) >= end or behind.get(part) == 0 for part, end in self._goal.items()
        )
        self._metrics.lag.set(lag)
        await self._write(lag, caught_up=reached)
        if self._hangs(behind):
            logger.warning("consumer_hangs", group=self._group, lag=lag)
            self._metrics.recreated.inc()
            self._consumer.recreate()

    async def _notice_new_cluster(self, cluster: Cluster) -> None:
        """Positions in another Kafka mean nothing in this one: read it from its own start."""
        current = await cluster.id()
        if self._cluster_id not in (None, current):
            logger.warning("kafka_replaced", was=self._cluster_id, now=current)
            self._goal = None
            self._consumer.recreate()
        self._cluster_id = current

    def _hangs(self, behind: Mapping[TopicPartition, int]) -> bool:
        """True when messages wait for this consumer and none came for a while.

        Without partitions it is idle by right as long as the rest of the group moves.
        """
        if self._consumer.busy:
            return False
        silent = time.monotonic() - self._consumer.polled_at
        mine = self._consumer.assignment()
        if mine:
            return silent > STALL_SECONDS and any(behind.get(part) for part in mine)
        still = (self._clock.now() - self._progress).total_seconds()
        return min(silent, still) > STALL_SECONDS_UNASSIGNED and any(behind.values())

    async def _write(self, lag: int, *, caught_up: bool) -> None:
        """Tells the other processes through the database; not more often than somebody can tell."""
        measured = (lag, caught_up)
        if measured == self._written and time.monotonic() - self._written_at < WRITE_SECONDS:
            return
        now: datetime = self._clock.now()
        table = self._tables.consumer_state
        values: dict[str, object] = {"lag": lag, "progress_at": self._progress, "measured_at": now}
        first = insert(table).values(id=1, caught_up_at=now if caught_up else None, **values)
        if caught_up and (self._written is None or not self._written[1]):
            values["caught_up_at"] = now
        async with self._database.transaction() as tx:
            await tx.execute(first.on_conflict_do_update(index_elements=["id"], set_=values))
        self._written, self._written_at = measured, time.monotonic()
