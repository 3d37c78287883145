"""Composition root of the worker process: events out and in, and imports of prices."""

from collections.abc import Awaitable, Callable, Sequence

from prometheus_client import REGISTRY

from chassis import server
from chassis.clock import SystemClock
from chassis.database import Database
from chassis.database_answers import database_probe
from chassis.health import Health
from chassis.process import begin
from chassis.server import Loop
from eventing.metrics import EventMetrics
from eventing.probes import event_probes
from eventing.worker import EventWorker
from pricing import events, tables
from pricing.settings import PricingSettings
from pricing.wiring import Wiring, wire


def work() -> None:
    """The process `pricing worker`: relays and consumes events, applies imports of prices."""
    settings = begin("pricing-worker", PricingSettings)
    server.work(lambda: make_worker(settings), settings)


async def make_worker(
    settings: PricingSettings,
) -> tuple[Health, Sequence[Loop], Callable[[], Awaitable[None]]]:
    """Health, loops and what closes them, as `chassis.server.work` wants them."""
    clock = SystemClock()
    database = Database.connect(
        settings.database_url.get_secret_value(), name="pricing-worker", pool_size=settings.database_pool
    )
    wiring = wire(settings, database, clock)
    worker = EventWorker(
        database=database,
        kafka_bootstrap=settings.kafka_bootstrap,
        service="pricing",
        tables=tables.events,
        contracts_dir=settings.contracts_dir,
        topics=events.TOPICS,
        subscriptions=wiring.subscriptions,
        republishers=wiring.republishers,
        clock=clock,
        metrics=EventMetrics(REGISTRY),
    )
    probes = {"database": database_probe(database), **event_probes(worker)}
    loops = [worker.run, wiring.feeds.worker().run, wiring.repeats.forget_old]
    return Health(probes), loops, _closing(wiring, database)


def _closing(wiring: Wiring, database: Database) -> Callable[[], Awaitable[None]]:
    async def close() -> None:
        await wiring.accounts.close()
        await database.close()

    return close
