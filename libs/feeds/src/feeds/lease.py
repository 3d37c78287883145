"""Leases on runs: whoever works on one says so, and again every few seconds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from chassis.clock import Clock
from chassis.database import Database
from feeds.repository import RunRepository

LEASE = timedelta(seconds=30)
_BEAT_SECONDS = 8.0
_log = structlog.get_logger(__name__)


@asynccontextmanager
async def keep_lease(
    database: Database, clock: Clock, runs: RunRepository, run_id: str, owner: str
) -> AsyncIterator[None]:
    """Prolongs the lease while the block runs; the fence in each step notices a lost one."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(_BEAT_SECONDS)
            try:
                async with database.transaction() as tx:
                    await runs.extend(tx, run_id, owner, clock.now() + LEASE)
            except (SQLAlchemyError, OSError) as error:
                _log.warning("lease_not_extended", run_id=run_id, error=type(error).__name__)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
