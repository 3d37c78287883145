"""Composition root of the worker process: events, feeds, and orders pushed to the ERP."""

from collections.abc import Awaitable, Callable, Sequence

import httpx
from prometheus_client import REGISTRY, CollectorRegistry

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
from order_export import events, tables
from order_export.connectors.addresses import AddressGuard
from order_export.connectors.client import ErpClient, erp_http
from order_export.exports.pushing import ExportPusher
from order_export.projections.consumers import SUBSCRIBED
from order_export.republishing import republishers
from order_export.settings import OrderExportSettings
from order_export.wiring import Wiring, wire


def work() -> None:
    """The process `order_export worker`: relays and consumes events, applies feeds, pushes orders."""
    settings = begin("order_export-worker", OrderExportSettings)
    server.work(lambda: make_worker(settings), settings)


async def make_worker(
    settings: OrderExportSettings, registry: CollectorRegistry = REGISTRY
) -> tuple[Health, Sequence[Loop], Callable[[], Awaitable[None]]]:
    """Health, loops and what closes them; built inside the event loop."""
    clock = SystemClock()
    database = Database.connect(settings.database_url.get_secret_value(), name="order_export-worker")
    wiring = wire(settings, database, clock)
    event_worker = EventWorker(
        database=database,
        kafka_bootstrap=settings.kafka_bootstrap,
        service="order_export",
        tables=tables.events,
        contracts_dir=settings.contracts_dir,
        topics=events.TOPICS,
        subscriptions=SUBSCRIBED,
        republishers=republishers(wiring),
        clock=clock,
        metrics=EventMetrics(registry),
    )
    http = erp_http()
    health = Health({"database": database_probe(database), **event_probes(event_worker)})

    async def close() -> None:
        await http.aclose()
        await wiring.offers.close()
        await database.close()

    loops = [
        event_worker.run,
        wiring.feeds.worker().run,
        wiring.repeats.forget_old,
        pusher(wiring, settings, http).run,
    ]
    return health, loops, close


def pusher(wiring: Wiring, settings: OrderExportSettings, http: httpx.AsyncClient) -> ExportPusher:
    """The loop that pushes, constructed."""
    guard = AddressGuard(loopback=settings.connectors_may_reach_loopback)
    return ExportPusher(
        wiring.database,
        wiring.stores.exports,
        wiring.stores.connectors,
        wiring.stores.orders,
        wiring.documents,
        wiring.moves,
        ErpClient(http, guard, wiring.secrets, wiring.clock),
        wiring.clock,
        at_once=settings.push_at_once,
        poll_seconds=settings.push_poll_seconds,
    )
