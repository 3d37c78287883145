"""Composition root of the worker process: everything the others publish."""

from collections.abc import Awaitable, Callable, Sequence

from analytics import events, tables
from analytics.consumers import SUBSCRIBED
from analytics.settings import AnalyticsSettings
from chassis import server
from chassis.clock import SystemClock
from chassis.database import Database
from chassis.database_answers import database_probe
from chassis.health import Health
from chassis.process import begin
from chassis.server import Loop
from eventing.metrics import process_metrics
from eventing.probes import event_probes
from eventing.worker import EventWorker


def work() -> None:
    """The process `analytics worker`: consumes what the others publish."""
    settings = begin("analytics-worker", AnalyticsSettings)
    server.work(lambda: make_worker(settings), settings)


async def make_worker(
    settings: AnalyticsSettings,
) -> tuple[Health, Sequence[Loop], Callable[[], Awaitable[None]]]:
    """Health, loops and what closes them; built inside the event loop."""
    database = Database.connect(settings.database_url.get_secret_value(), name="analytics-worker")
    event_worker = EventWorker(
        database=database,
        kafka_bootstrap=settings.kafka_bootstrap,
        service="analytics",
        tables=tables.events,
        contracts_dir=settings.contracts_dir,
        topics=events.TOPICS,
        subscriptions=SUBSCRIBED,
        republishers=(),
        clock=SystemClock(),
        metrics=process_metrics(),
    )
    health = Health({"database": database_probe(database), **event_probes(event_worker)})
    return health, [event_worker.run], database.close
