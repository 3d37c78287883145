"""Everything bulk of one service, put together: what its routes and its worker need."""

from collections.abc import Sequence

from chassis.clock import Clock
from chassis.database import Database, Transaction
from feeds.batch import Batch
from feeds.feed import TableFeed
from feeds.profile_store import ProfileStore
from feeds.receiver import Receiver
from feeds.repository import RunRepository
from feeds.runner import FeedWorker
from feeds.runs import OnRunChanged, Run, RunNotFound, RunNotHeld, State
from feeds.tables import FeedTables

MAX_BYTES = 8 * 1024**3


async def nothing_to_say(_: Transaction, __: Run) -> None:
    """The hook of a service that publishes no feed state."""


class Feeds:
    """A service's feeds. Build it in the composition root and put it into the wiring as `feeds`."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        tables: FeedTables,
        feeds: Sequence[TableFeed],
        *,
        on_run_changed: OnRunChanged = nothing_to_say,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.database = database
        self.by_resource = {feed.resource: feed for feed in feeds}
        self.runs = RunRepository(tables)
        self.profiles = ProfileStore(database, clock, tables)
        self.receiver = Receiver(
            database, clock, self.runs, max_bytes=max_bytes, on_run_changed=on_run_changed
        )
        self.batches = {feed.resource: Batch(database, clock, feed) for feed in feeds}
        self._clock = clock
        self._on_run_changed = on_run_changed

    def worker(self) -> FeedWorker:
        """The loop that applies runs; the service's worker runs it."""
        return FeedWorker(
            self.database, self._clock, self.runs, self.by_resource, on_run_changed=self._on_run_changed
        )

    async def run(self, run_id: str, resource: str, *, client: str | None = None) -> Run:
        """The run of the resource, and of the client if given. Raises RunNotFound."""
        async with self.database.read() as reader:
            run = await self.runs.get(reader, run_id, client=client)
        if run is None or run.resource != resource:
            raise RunNotFound
        return run

    async def release(self, run_id: str, resource: str, *, by: str, client: str | None = None) -> Run:
        """Lets a held run go on; what came after it stays as it is. Raises RunNotFound, RunNotHeld."""
        return await self._decide(run_id, resource, client, {"state": State.STAGED, "released_by": by})

    async def cancel(self, run_id: str, resource: str, *, by: str, client: str | None = None) -> Run:
        """Gives a held run up. Raises RunNotFound, RunNotHeld."""
        reason = {"code": "cancelled", "by": by}
        values = {"state": State.CANCELLED, "reason": reason, "finished_at": self._clock.now()}
        return await self._decide(run_id, resource, client, values)

    async def _decide(self, run_id: str, resource: str, client: str | None, values: dict[str, object]) -> Run:
        await self.run(run_id, resource, client=client)
        async with self.database.transaction() as tx:
            run = await self.runs.lock(tx, run_id)
            assert run is not None, "a run is never deleted"
            if run.state is not State.HELD:
                raise RunNotHeld(run.state)
            decided = await self.runs.set(tx, run_id, values)
            await self._on_run_changed(tx, decided)
        return decided
