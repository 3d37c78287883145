"""What subjects measure on: the platform with the trade loaded, the bare reference, the load generator."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx

from local_stack.child import Child
from local_stack.client import until
from local_stack.ports import LOOPBACK, free_port
from local_stack.problems import StackError
from local_stack.servers.postgres import PostgresServer
from local_stack.state import REPOSITORY, Credentials
from tests.load import bare, generator, loading
from tests.load.generator import Outcome, Plan
from tests.load.loading import Trade
from tests.support.system import System, running


class LoadRefusedError(StackError):
    """Part of the load was answered otherwise than it should be: the figure would mean nothing."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(f"The load was not answered as it should: {outcome.statuses}")


@dataclass
class Bench:
    """One run. `system` is the platform as real processes, `postgres_url` a superuser's."""

    folder: Path
    system: System
    postgres_url: str
    say: Callable[[str], None]
    bare_child: Child | None = None
    bare_port: int = 0
    _trade: Trade | None = None
    _closing: list[Child] = field(default_factory=list)

    async def trade(self) -> Trade:
        """The trade, loaded through the public surfaces on first use."""
        kept = self.folder / "trade.json"
        if self._trade is None and kept.exists():
            self._trade = Trade.load(kept)
        if self._trade is None:
            self.say("loading the trade through the public surfaces")
            self._trade = await loading.load(self.system, self.say)
            await self._settle()
            self._trade.save(kept)
        return self._trade

    async def reference(self) -> int:
        """The port of the bare reference, which has the same trade; started on first use."""
        if self.bare_child is None:
            url = await self._bare_database()
            self.bare_port = free_port()
            settings = {"BARE_DATABASE_URL": url, "BARE_PORT": str(self.bare_port)}
            argv = [sys.executable, "-m", "tests.load.bare"]
            log = self.folder / "logs" / "bare.log"
            self.bare_child = Child("bare", argv, log, {**os.environ, **settings}, cwd=REPOSITORY).start()
            self._closing.append(self.bare_child)
            await until(self._bare_answers, what="the bare reference")
        return self.bare_port

    async def load(self, plan: Plan, expected: int = 200) -> Outcome:
        """Loads a server by the generator's process. Raises LoadRefusedError for any other status."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            generator.MODULE,
            cwd=REPOSITORY,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await process.communicate(json.dumps(generator.plan_of(plan)).encode())
        if process.returncode != 0:
            raise StackError("The load generator ended before its time; what it said stands above.")
        outcome = Outcome(**json.loads(said))
        self.say(f"  {outcome.rate:,.0f}/s, p50 {outcome.p50:.1f} ms, p99 {outcome.p99:.1f} ms")
        if set(outcome.statuses) != {str(expected)}:
            raise LoadRefusedError(outcome)
        return outcome

    def close(self) -> None:
        """Stops what was started beside the platform."""
        for child in reversed(self._closing):
            child.stop()

    async def _bare_database(self) -> str:
        url = self.postgres_url.rsplit("/", 1)[0] + "/bare"
        connection = await asyncpg.connect(self.postgres_url)
        try:
            if await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = 'bare'"):
                return url
            await connection.execute("CREATE DATABASE bare")
        finally:
            await connection.close()
        await bare.fill(url)
        return url

    async def _bare_answers(self) -> bool:
        assert self.bare_child is not None
        self.bare_child.require_alive()
        async with httpx.AsyncClient() as http:
            try:
                await http.get(f"http://{LOOPBACK}:{self.bare_port}/openapi.json")
            except httpx.TransportError:
                return False
        return True

    async def _settle(self) -> None:
        """Autovacuum would come in the middle of a measurement: what it does is done now."""
        connection = await asyncpg.connect(self.postgres_url)
        try:
            names = [
                row["datname"]
                for row in await connection.fetch("SELECT datname FROM pg_database WHERE datallowconn")
            ]
        finally:
            await connection.close()
        for name in names:
            connection = await asyncpg.connect(self.postgres_url.rsplit("/", 1)[0] + f"/{name}")
            try:
                await connection.execute("VACUUM ANALYZE")
            finally:
                await connection.close()


@asynccontextmanager
async def bench(folder: Path, say: Callable[[str], None]) -> AsyncIterator[Bench]:
    """Starts a durable PostgreSQL and the whole platform in the folder; stops all of it afterwards."""
    password = _password(folder)
    log = folder / "postgres.log"
    server = PostgresServer(folder / "postgres", free_port(), password, log)
    say("starting the platform")
    await asyncio.to_thread(server.start)
    try:
        async with running(folder, server.url) as system:
            found = Bench(folder, system, server.url, say)
            try:
                yield found
            finally:
                found.close()
    finally:
        await asyncio.to_thread(server.stop)


def _password(folder: Path) -> str:
    return Credentials(folder / "bench-credentials.json").get("database superuser")
