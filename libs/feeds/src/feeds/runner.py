"""Working on staged runs: measure, maybe hold, merge chunk by chunk, discontinue what is missing."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy import text

from chassis.clock import Clock, milliseconds
from chassis.database import Database, Transaction
from chassis.ids import new_id
from chassis.loops import pause
from feeds.feed import TableFeed
from feeds.housekeeping import Housekeeping
from feeds.lease import LEASE, keep_lease
from feeds.merge import CHUNK_ROWS, RETRIES, Merge, Origin, must_retry
from feeds.profiles import ImportProfile, Thresholds
from feeds.repository import RunRepository
from feeds.runs import Lane, Mode, OnRunChanged, Run, State
from feeds.sequence import older_run_open

MAX_ATTEMPTS = 5
# While PostgreSQL merges a chunk of one, what follows from a chunk of the other is made: two cores are busy.
LANES = 2
_IDLE_SECONDS = 0.25
_log = structlog.get_logger(__name__)
T = TypeVar("T")


class LeaseLost(Exception):  # noqa: N818 - not a failure: another worker goes on where this one ended
    """Another worker has the run."""


class FeedWorker:
    """The loop of a service's worker that applies import runs. Several may run; a run has one at a time."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        runs: RunRepository,
        feeds: Mapping[str, TableFeed],
        *,
        on_run_changed: OnRunChanged,
    ) -> None:
        self._database = database
        self._clock = clock
        self._runs = runs
        self._merges = {resource: Merge(feed) for resource, feed in feeds.items()}
        self._on_run_changed = on_run_changed
        self._housekeeping = Housekeeping(database, clock, runs, feeds, on_run_changed)
        self.failures = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set. Never raises: what goes wrong is logged, counted and tried again."""
        while not stop.is_set():
            try:
                worked = await self.step(stop)
                await self._housekeeping.step()
            except Exception as error:  # noqa: BLE001 - this loop must not die
                self.failures += 1
                _log.error("feed_step_failed", exc_info=error)
                worked = False
            if not worked:
                await pause(stop, _IDLE_SECONDS)

    async def step(self, stop: asyncio.Event | None = None) -> bool:
        """Takes the next run and works on it until it ends, is held, or `stop` is set; False without one."""
        owner = new_id()
        now = self._clock.now()
        async with self._database.transaction() as tx:
            run = await self._runs.lease(tx, list(self._merges), owner, now, now + LEASE)
        if run is None:
            return False
        try:
            async with keep_lease(self._database, self._clock, self._runs, run.id, owner):
                await _Work(self, self._merges[run.resource], run, owner, stop or asyncio.Event()).go_on()
        except LeaseLost:
            _log.info("import_lease_lost", run_id=run.id)
        except Exception as error:
            await self._put_back(run, owner, error)
            raise
        return True

    async def _put_back(self, run: Run, owner: str, error: Exception) -> None:
        """The run is tried again when its lease ends; after some attempts it fails for good."""
        if run.attempts < MAX_ATTEMPTS:
            return
        _log.error("import_failed", run_id=run.id, attempts=run.attempts, error=type(error).__name__)
        reason = {
            "code": "internal_error",
            "message": "Applying failed repeatedly; chunks done so far remain.",
        }
        async with self._database.transaction() as tx:
            if await self._runs.owned(tx, run.id, owner) is None:
                return
            values = {"state": State.FAILED, "reason": reason, "finished_at": self._clock.now()}
            await self._on_run_changed(tx, await self._runs.set(tx, run.id, values))


class _Work:
    """One worker's turn on one run. Progress is committed with each step, so any worker can go on from it."""

    def __init__(self, worker: FeedWorker, merge: Merge, run: Run, owner: str, stop: asyncio.Event) -> None:
        self._worker = worker
        self._merge = merge
        self._run = run
        self._owner = owner
        self._stop = stop

    async def go_on(self) -> None:
        """Does what is left of the run."""
        steps: Mapping[State, Callable[[Transaction, Run], Awaitable[Run]]] = {
            State.STAGED: self._begin,
            State.VALIDATING: self._validate,
            State.APPLYING: self._apply,
        }
        run = self._run
        while run.state in steps and not self._stop.is_set():
            if run.state is State.APPLYING and run.progress["phase"] == "rows" and not await self._rows(run):
                break
            run = await self._step(run, steps[run.state])
        if run.state in steps:
            async with self._worker._database.transaction() as tx:
                if await self._worker._runs.owned(tx, run.id, self._owner):
                    await self._worker._runs.set(tx, run.id, {"lease_owner": None, "lease_until": None})

    async def _step(self, run: Run, do: Callable[[Transaction, Run], Awaitable[Run]]) -> Run:
        """A step that the whole run takes."""

        async def step(tx: Transaction, _: bool) -> Run:
            following = await do(tx, await self._owned(tx, run))
            if following.state is not run.state:
                await self._worker._on_run_changed(tx, following)
            return following

        return await self._again(step)

    async def _rows(self, run: Run) -> bool:
        """Merges the rows of all lanes, side by side; False when stopped before their end."""
        lanes = enumerate(run.progress["lanes"])
        work = [self._lane(run, number, Lane(*lane)) for number, lane in lanes]
        # None is left alone: a lane whose neighbour failed goes on to its end.
        ended = await asyncio.gather(*work, return_exceptions=True)
        for end in ended:
            if isinstance(end, BaseException):
                raise end
        return all(ended)

    async def _lane(self, run: Run, number: int, lane: Lane) -> bool:
        """Merges what is left of one lane; False when stopped before its end."""
        while not self._stop.is_set():
            following = await self._again(partial(self._chunk, run, number, lane))
            if following is None:
                return True
            lane = following
        return False

    async def _chunk(self, run: Run, number: int, lane: Lane, tx: Transaction, raced: bool) -> Lane | None:
        await self._owned(tx, run, shared=True)
        origin = await self._origin(tx, run, raced=raced)
        merge = self._merge.preview_staged if run.mode is Mode.PREVIEW else self._merge.apply_staged
        outcome = await merge(tx, origin, lane)
        if outcome.last is None:
            return None
        key, line_number = outcome.last
        following = Lane(key, line_number, lane.until)
        progress = self._worker._runs.lane_at(number, following)
        await self._set(tx, run, {"progress": progress}, outcome.counts)
        return following

    async def _owned(self, tx: Transaction, run: Run, *, shared: bool = False) -> Run:
        current = await self._worker._runs.owned(tx, run.id, self._owner, shared=shared)
        if current is None:
            raise LeaseLost
        return current

    async def _again(self, work: Callable[[Transaction, bool], Awaitable[T]]) -> T:
        """Does the work in a transaction; after a race in another one, told so."""
        for attempt in range(RETRIES):
            try:
                async with self._worker._database.transaction() as tx:
                    return await work(tx, attempt > 0)
            except Exception as error:
                if attempt == RETRIES - 1 or not must_retry(error):
                    raise
                await asyncio.sleep(0.02 * (attempt + 1))
        raise AssertionError("the last attempt returns or raises")

    async def _set(
        self, tx: Transaction, run: Run, values: dict[str, Any], add: dict[str, int] | None = None
    ) -> Run:
        now = self._worker._clock.now()
        return await self._worker._runs.set(tx, run.id, {"lease_until": now + LEASE, **values}, add)

    async def _begin(self, tx: Transaction, run: Run) -> Run:
        # Many rows arrived by COPY: without this the first plans would be made for an empty table.
        await tx.execute(text("ANALYZE import_staging (received)"))
        return await self._set(tx, run, {"state": State.VALIDATING})

    async def _validate(self, tx: Transaction, run: Run) -> Run:
        measured = await tx.first(
            self._merge.sweep.measure,
            {"received": run.received, "source": run.source, "scope": run.scope, "full": run.full},
        )
        assert measured is not None, "an aggregate has one row"
        figures = {
            "live": measured["live"],
            "discontinued": measured["missing"] + measured["deleted"],
            "repriced": measured["repriced"],
        }
        reason = await self._why_held(tx, run, figures)
        lanes = await self._worker._runs.lanes(tx, run, LANES if run.counts["staged"] > 2 * CHUNK_ROWS else 1)
        progress = {"phase": "rows", "measured": figures, "lanes": lanes}
        values: dict[str, Any] = {"progress": progress, "reason": reason}
        if reason is None or run.mode is Mode.PREVIEW or run.released_by is not None:
            return await self._set(tx, run, {**values, "state": State.APPLYING})
        return await self._set(
            tx, run, {**values, "state": State.HELD, "lease_owner": None, "lease_until": None}
        )

    async def _why_held(self, tx: Transaction, run: Run, figures: Mapping[str, int]) -> dict[str, Any] | None:
        profile = ImportProfile.model_validate(run.profile) if run.profile else ImportProfile()
        if run.full and run.keys_unreadable and figures["discontinued"]:
            return {"code": "keys_unreadable", "rows": run.keys_unreadable, **figures}
        code = exceeded(profile.thresholds, figures)
        if code is None or not await self._worker._runs.ran_before(tx, run):
            return None
        return {"code": code, **figures}

    async def _apply(self, tx: Transaction, run: Run) -> Run:
        """What follows when the rows of all lanes are merged."""
        if run.progress["phase"] == "missing":
            return await self._discontinue(tx, run)
        if run.full:
            progress = {**run.progress, "phase": "missing", "after_id": "", "missing": 0}
            return await self._set(tx, run, {"progress": progress})
        return await self._done(tx, run)

    async def _discontinue(self, tx: Transaction, run: Run) -> Run:
        origin = await self._origin(tx, run)
        already = run.progress["missing"]
        rows, last_id = await self._merge.discontinue_missing(
            tx, origin, run.progress["after_id"], already, preview=run.mode is Mode.PREVIEW
        )
        if not rows:
            return await self._done(tx, run)
        progress = {**run.progress, "after_id": last_id, "missing": already + rows}
        return await self._set(tx, run, {"progress": progress}, {"discontinued": rows})

    async def _done(self, tx: Transaction, run: Run) -> Run:
        now = self._worker._clock.now()
        progress = {"phase": "done", "measured": run.progress.get("measured")}
        values = {"state": State.DONE, "finished_at": now, "progress": progress, "lease_owner": None}
        return await self._set(tx, run, {**values, "lease_until": None})

    async def _origin(self, tx: Transaction, run: Run, *, raced: bool = False) -> Origin:
        return Origin(
            received=run.received,
            source=run.source,
            scope=run.scope,
            run_id=run.id,
            full=run.full,
            stamp=run.mode is not Mode.PREVIEW and await older_run_open(tx, run.resource, run.received),
            now_ms=milliseconds(self._worker._clock.now()),
            lock_first=raced,
        )


def exceeded(thresholds: Thresholds, figures: Mapping[str, int]) -> str | None:
    """The code of the threshold these figures exceed, None when they may pass."""
    live = figures["live"]
    if live < max(thresholds.from_rows, 1):
        return None
    if figures["discontinued"] * 100 > thresholds.discontinued_percent * live:
        return "discontinues_too_much"
    if figures["repriced"] * 100 > thresholds.repriced_percent * live:
        return "reprices_too_much"
    return None
