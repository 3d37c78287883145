"""Loops that must not die: they log, count, wait and go on."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from chassis.loops import pause
from eventing.kafka import UNREACHABLE
from eventing.metrics import EventMetrics

logger = structlog.get_logger(__name__)

Probe = Callable[[str], None]
"""Called with the name of a step just done; the way tests count and kill."""


def no_probe(_: str) -> None:
    """What runs outside tests."""


def cancelled_by_owner(error: BaseException) -> bool:
    """True for our own cancellation; the Kafka client leaks CancelledError of its inner tasks as well."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


async def keep_going(
    name: str, step: Callable[[asyncio.Event], Awaitable[None]], stop: asyncio.Event, metrics: EventMetrics
) -> None:
    """Runs `step` again and again until `stop`; a step that raises is logged, counted and retried.

    The same trouble is logged once, and once more when it is over.
    """
    trouble: str | None = None
    delay = 0.2
    while not stop.is_set():
        try:
            await step(stop)
        except (Exception, asyncio.CancelledError) as error:  # this loop must not die; it logs and counts
            if cancelled_by_owner(error):
                raise
            metrics.loop_failures.labels(name).inc()
            if trouble != repr(error):
                trouble = repr(error)
                # A lost broker is no news that needs a traceback.
                seen = None if isinstance(error, UNREACHABLE) else error
                logger.warning("loop_failed", loop=name, error=trouble, exc_info=seen)
            await pause(stop, delay)
            delay = min(delay * 2, 2.0)
        else:
            if trouble is not None:
                logger.info("loop_recovered", loop=name)
            trouble, delay = None, 0.2
