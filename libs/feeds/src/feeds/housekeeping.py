"""What is left to do: uploads whose process died, ended runs, held runs and results grown old."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import text

from chassis.clock import Clock
from chassis.database import Database
from feeds.feed import TableFeed
from feeds.repository import RunRepository
from feeds.runs import Mode, OnRunChanged, Run, State

KEPT = timedelta(days=30)
MANY = 1_000
_OFTEN = timedelta(seconds=5)
_SELDOM = timedelta(minutes=10)


class Housekeeping:
    """Small steps between runs."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        runs: RunRepository,
        feeds: Mapping[str, TableFeed],
        on_run_changed: OnRunChanged,
    ) -> None:
        self._database = database
        self._clock = clock
        self._runs = runs
        self._feeds = feeds
        self._on_run_changed = on_run_changed
        self._often: datetime | None = None
        self._seldom: datetime | None = None

    async def step(self) -> None:
        """Does what is due."""
        now = self._clock.now()
        if self._often is None or now - self._often >= _OFTEN:
            self._often = now
            await self.fail_cut_off(now)
            await self.clean_up()
        if self._seldom is None or now - self._seldom >= _SELDOM:
            self._seldom = now
            await self.give_up_held(now)
            await self.delete_results(now)

    async def fail_cut_off(self, now: datetime) -> None:
        """Uploads nobody prolongs any more have failed."""
        async with self._database.transaction() as tx:
            lost = await self._runs.cut_off(tx, list(self._feeds), now)
            reason = {"code": "body_incomplete", "message": "The process that received it ended."}
            values = {"state": State.FAILED, "reason": reason, "finished_at": now, "lease_owner": None}
            for run_id in lost:
                await self._on_run_changed(tx, await self._runs.set(tx, run_id, values))

    async def give_up_held(self, now: datetime) -> None:
        """A run nobody released for 30 days is cancelled."""
        async with self._database.transaction() as tx:
            old = await self._runs.held_since(tx, list(self._feeds), now - KEPT)
            values = {"state": State.CANCELLED, "reason": {"code": "held_too_long"}, "finished_at": now}
            for run_id in old:
                await self._on_run_changed(tx, await self._runs.set(tx, run_id, values))

    async def clean_up(self) -> None:
        """Of runs that have ended the tables they changed much are measured, and their staged rows go."""
        async with self._database.read() as reader:
            ended = await self._runs.uncleaned(reader)
        for run in ended:
            if changed_much(run) and run.resource in self._feeds:
                feed = self._feeds[run.resource]
                tables = ", ".join(f'"{name}"' for name in (feed.table.name, *feed.derived))
                async with self._database.transaction() as tx:
                    await tx.execute(text(f"ANALYZE {tables}"))
            remaining = True
            while remaining:
                async with self._database.transaction() as tx:
                    remaining = await self._runs.purge_staging(tx, run.received) > 0
            async with self._database.transaction() as tx:
                await self._runs.set(tx, run.id, {"cleaned": True})

    async def delete_results(self, now: datetime) -> None:
        """Results are kept for 30 days."""
        async with self._database.read() as reader:
            expired = await self._runs.expired_results(reader, now - KEPT)
        for received in expired:
            remaining = True
            while remaining:
                async with self._database.transaction() as tx:
                    remaining = await self._runs.purge_results(tx, received) > 0


def changed_much(run: Run) -> bool:
    """Whether statements planned for the table as it was are wrong now; autovacuum sees that later."""
    written = sum(run.counts[name] for name in ("created", "updated", "discontinued"))
    live = (run.progress.get("measured") or {}).get("live", 0)
    return run.mode is not Mode.PREVIEW and written >= max(MANY, live // 10)
