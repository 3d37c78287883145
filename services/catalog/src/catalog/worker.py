"""Composition root of the worker process: events and feeds."""

from collections.abc import Awaitable, Callable, Sequence

from catalog import events, tables
from catalog.consumers import SUBSCRIBED
from catalog.republishing import republishers
from catalog.settings import CatalogSettings
from catalog.wiring import wire
from chassis import server
from chassis.clock import SystemClock
from chassis.database import Database
from chassis.database_answers import database_probe
from chassis.health import Health
from chassis.process import begin
from chassis.server import Loop
from chassis.upstream import Upstream
from eventing.metrics import process_metrics
from eventing.probes import event_probes
from eventing.worker import EventWorker


def work() -> None:
    """The process `catalog worker`: relays and consumes events, applies feeds."""
    settings = begin("catalog-worker", CatalogSettings)
    server.work(lambda: make_worker(settings), settings)


async def make_worker(
    settings: CatalogSettings,
) -> tuple[Health, Sequence[Loop], Callable[[], Awaitable[None]]]:
    """Health, loops and what closes them; built inside the event loop."""
    clock = SystemClock()
    database = Database.connect(settings.database_url.get_secret_value(), name="catalog-worker")
    wiring = wire(settings, database, clock, Upstream("pricing", settings.pricing_url))
    event_worker = EventWorker(
        database=database,
        kafka_bootstrap=settings.kafka_bootstrap,
        service="catalog",
        tables=tables.events,
        contracts_dir=settings.contracts_dir,
        topics=events.TOPICS,
        subscriptions=SUBSCRIBED,
        republishers=republishers(wiring),
        clock=clock,
        metrics=process_metrics(),
    )
    health = Health({"database": database_probe(database), **event_probes(event_worker)})
    return health, [event_worker.run, wiring.feeds.worker().run, wiring.repeats.forget_old], database.close
