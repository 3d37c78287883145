"""A service's event worker: relay, consumer, watchdog and housekeeping, under one roof."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from prometheus_client import CollectorRegistry

from chassis.clock import Clock
from chassis.database import Database
from chassis.loops import pause
from eventing.applying import Applier
from eventing.cleaning import clean
from eventing.consumer import AnySubscription
from eventing.figures import ConsumerFigures, OutboxFigures, consumer_figures, outbox_figures
from eventing.group import GroupConsumer
from eventing.heartbeat import Heartbeat
from eventing.kafka import silence_client_logs
from eventing.loops import Probe, keep_going, no_probe
from eventing.metrics import EventMetrics
from eventing.outbox import Outbox
from eventing.relay import Relay, RelayPlan
from eventing.republish import Republisher, republish
from eventing.tables import EventTables
from eventing.topics import Topic, topic_files
from eventing.watchdog import Watchdog

logger = structlog.get_logger(__name__)

FIGURES_SECONDS = 2.0
PARKED_SECONDS = 15.0
CLEAN_SECONDS = 600.0
KEEP_PUBLISHED = timedelta(days=3)
KEEP_SEEN = timedelta(days=30)


class EventWorker:
    """Everything about events that runs in a worker process.

    `topics` are what the service publishes, each with a file under `contracts_dir`; `heartbeat` is the topic
    that carries the sign of life. `instance` names this copy among the workers of a service, so that a
    restart takes its partitions back at once. A broker that is down, at the start or later, is waited for.
    """

    def __init__(
        self,
        *,
        database: Database,
        kafka_bootstrap: str,
        service: str,
        tables: EventTables,
        contracts_dir: Path,
        topics: Sequence[Topic[Any]],
        subscriptions: Sequence[AnySubscription],
        republishers: Sequence[Republisher],
        clock: Clock,
        heartbeat: Topic[Any] | None = None,
        metrics: EventMetrics | None = None,
        instance: str | None = None,
        probe: Probe = no_probe,
        send_seconds: float = 10.0,
    ) -> None:
        self._database = database
        self._tables = tables
        self._clock = clock
        self._republishers = republishers
        self.metrics = metrics or EventMetrics(CollectorRegistry())
        source = f"/kontor/{service}"
        self._outbox = Outbox(tables, source, clock)
        files = topic_files(contracts_dir, owner=service)
        undescribed = {topic.name for topic in topics} - {file.topic for file in files}
        if undescribed:
            raise ValueError(f"no topic file owned by {service} for {', '.join(sorted(undescribed))}")
        plan = RelayPlan(
            bootstrap=kafka_bootstrap,
            topics=files,
            republish=self._republish,
            heartbeat=Heartbeat(heartbeat, source, clock) if heartbeat else None,
            send_seconds=send_seconds,
        )
        self._relay = Relay(database, tables, plan, self.metrics, probe)
        self._applier = Applier(database, tables, subscriptions, clock, self.metrics)
        names = [subscription.topic for subscription in subscriptions]
        self._consumer = GroupConsumer(
            kafka_bootstrap, service, names, self._applier, instance=instance, probe=probe
        )
        self._watchdog = Watchdog(
            database, tables, self._consumer, clock, self.metrics,
            bootstrap=kafka_bootstrap, group=service, topics=names,
        )  # fmt: skip
        self._publishes = bool(topics)
        self._consumes = bool(subscriptions)

    async def run(self, stop: asyncio.Event) -> None:
        """Runs until `stop` is set; ends in order, with the relay's lock released."""
        silence_client_logs()
        loops = {"figures": self._measure, "cleaning": self._clean}
        if self._publishes:
            loops["relay"] = self._relay.run
        if self._consumes:
            loops |= {
                "consumer": self._consumer.run,
                "watchdog": self._watchdog.run,
                "parked": self._retry_parked,
            }
        async with asyncio.TaskGroup() as group:
            for name, loop in loops.items():
                group.create_task(keep_going(name, loop, stop, self.metrics), name=name)

    async def outbox_figures(self) -> OutboxFigures:
        """How far the relay is behind."""
        async with self._database.read() as reader:
            return await outbox_figures(reader, self._tables)

    async def consumer_figures(self) -> ConsumerFigures:
        """How far the consumer group is behind; who listens to nothing has caught up."""
        if not self._consumes:
            return ConsumerFigures(lag=0, parked=0, last_progress_seconds=0.0, caught_up=True)
        async with self._database.read() as reader:
            return await consumer_figures(reader, self._tables)

    async def _republish(self) -> None:
        counts = await republish(self._database, self._outbox, self._republishers)
        logger.warning("republished", **counts)

    async def _measure(self, stop: asyncio.Event) -> None:
        outbox = await self.outbox_figures()
        self.metrics.oldest_unpublished.set(outbox.oldest_unpublished_seconds)
        self.metrics.unpublished.set(outbox.unpublished)
        self.metrics.parked.set((await self.consumer_figures()).parked)
        await pause(stop, FIGURES_SECONDS)

    async def _retry_parked(self, stop: asyncio.Event) -> None:
        await self._applier.retry_parked()
        await pause(stop, PARKED_SECONDS)

    async def _clean(self, stop: asyncio.Event) -> None:
        now = self._clock.now()
        await clean(
            self._database, self._tables, published_before=now - KEEP_PUBLISHED, seen_before=now - KEEP_SEEN
        )
        await pause(stop, CLEAN_SECONDS)
