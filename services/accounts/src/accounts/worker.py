"""Composition root of the worker process: events, mails, keys and feeds."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog
from prometheus_client import Counter

from accounts import events, tables
from accounts.consumers import SUBSCRIBED
from accounts.housekeeping import forget
from accounts.mails.sending import MailSender, SmtpServer
from accounts.republishing import republishers
from accounts.settings import AccountsSettings
from accounts.upkeep import check_secret
from accounts.wiring import wire
from chassis import server
from chassis.clock import SystemClock
from chassis.database import Database
from chassis.database_answers import database_probe
from chassis.health import Health
from chassis.loops import pause
from chassis.process import begin
from chassis.server import Loop
from eventing.metrics import process_metrics
from eventing.probes import event_probes
from eventing.worker import EventWorker

_log = structlog.get_logger(__name__)
FAILED_ROUNDS: Final = Counter("accounts_failed_rounds_total", "Rounds of a loop that failed", ["work"])


def work() -> None:
    """The process `accounts worker`: relays and consumes events, applies feeds, sends mails."""
    settings = begin("accounts-worker", AccountsSettings)
    check_secret(settings)
    server.work(lambda: make_worker(settings), settings)


async def make_worker(
    settings: AccountsSettings,
) -> tuple[Health, Sequence[Loop], Callable[[], Awaitable[None]]]:
    """Health, loops and what closes them; built inside the event loop."""
    clock = SystemClock()
    database = Database.connect(settings.database_url.get_secret_value(), name="accounts-worker")
    wiring = wire(settings, database, clock)
    event_worker = EventWorker(
        database=database,
        kafka_bootstrap=settings.kafka_bootstrap,
        service="accounts",
        tables=tables.events,
        contracts_dir=settings.contracts_dir,
        topics=[topic for topic in events.TOPICS if topic is not events.LOGIN],
        subscriptions=SUBSCRIBED,
        republishers=republishers(wiring),
        clock=clock,
        heartbeat=events.REVOCATION,
        metrics=process_metrics(),
    )
    sender = MailSender(database, wiring.mails, _smtp(settings), clock)
    health = Health({"database": database_probe(database), **event_probes(event_worker)})
    loops = [
        event_worker.run,
        wiring.feeds.worker().run,
        wiring.repeats.forget_old,
        sender.run,
        _every(0.5, "password_resets", wiring.invitations.answer_resets),
        _every(60, "key_rotation", wiring.keys.rotate),
        _every(600, "housekeeping", lambda: forget(database, clock)),
    ]
    return health, loops, database.close


def _every(seconds: float, name: str, work: Callable[[], Awaitable[object]]) -> Loop:
    """A loop that does the work again and again, `seconds` apart."""

    async def repeat(stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await work()
            except Exception:  # noqa: BLE001 - this loop must not die; the next round tries again
                _log.exception("round_failed", work=name)
                FAILED_ROUNDS.labels(name).inc()
            await pause(stop, seconds)

    return repeat


def _smtp(settings: AccountsSettings) -> SmtpServer:
    return SmtpServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_username,
        settings.smtp_password.get_secret_value(),
        settings.smtp_tls,
        settings.mail_sender,
    )
