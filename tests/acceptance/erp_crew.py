"""The two workers of the ERP: started, and started again whenever one has died."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from local_stack.child import Child
from local_stack.client import until
from local_stack.state import REPOSITORY
from tests.acceptance.books import Books
from tests.acceptance.erp_worker import LEASE_SECONDS, SECRET_VARIABLE
from tests.acceptance.feeding import PATIENCE, Wholesaler

_BOOKINGS_OF_A_LIFE: Final = (5, 40)


@dataclass
class Crew:
    """The first worker dies at its very first order, and then at times; the second begins after that.

    `deaths` counts the kills between booking and acknowledging.
    """

    wholesaler: Wholesaler
    books: Books
    path: Path
    seed: int
    deaths: int = 0
    first_death: asyncio.Event = field(default_factory=asyncio.Event)

    async def drain(self, orders: int) -> None:
        """Waits until so many orders are booked and answered."""

        async def done() -> bool:
            return all(count >= orders for count in await asyncio.to_thread(self.books.counts))

        await until(done, seconds=PATIENCE + LEASE_SECONDS, what=f"the ERP to book {orders} orders")

    async def keep_mortal(self) -> None:
        """Runs the worker that dies, and runs it again. Raises RuntimeError if it ends otherwise."""
        chance = random.Random(self.seed)
        dies_at = 1
        while True:
            await self._run("erp-worker-1", dies_at)
            self.deaths += 1
            self.first_death.set()
            dies_at = chance.randint(*_BOOKINGS_OF_A_LIFE)

    async def keep_other(self) -> None:
        """Runs the other worker. Raises RuntimeError if it ends."""
        await self.first_death.wait()
        await self._run("erp-worker-2", 0)
        raise RuntimeError("erp-worker-2 was killed by somebody else")

    async def _run(self, name: str, dies_at: int) -> None:
        """Returns when the worker was killed; stops it when cancelled."""
        child = self._child(name, dies_at)
        child.start()
        try:
            while child.alive:  # noqa: ASYNC110 - a process sets no event
                await asyncio.sleep(0.1)
        finally:
            await asyncio.to_thread(child.stop, 20)
        if child.exit_code != -signal.SIGKILL:
            raise RuntimeError(f"{name} ended with {child.exit_code}: {child.tail()}")

    def _child(self, name: str, dies_at: int) -> Child:
        access = self.wholesaler.system.access
        argv = [sys.executable, "-m", "tests.acceptance.erp_worker"]
        argv += ["--gateway", self.wholesaler.system.gateway, "--client", access.client]
        argv += ["--books", str(self.path), "--dies-at", str(dies_at)]
        env = {**os.environ, SECRET_VARIABLE: access.client_secret}
        log = self.wholesaler.system.stack.folder / "logs" / f"{name}.log"
        return Child(name, argv, log, env, cwd=REPOSITORY)


@asynccontextmanager
async def working(wholesaler: Wholesaler, path: Path, seed: int) -> AsyncIterator[Crew]:
    """Two workers, one of which dies at times. Ends with the error of a worker that failed."""
    crew = Crew(wholesaler, Books(path), path, seed)
    async with asyncio.TaskGroup() as group:
        keeping = [
            group.create_task(crew.keep_mortal()),
            group.create_task(crew.keep_other()),
        ]
        try:
            yield crew
        finally:
            for task in keeping:
                task.cancel()
