"""How fast imports are, against plain COPY and upsert of the same values on the same server.

`python -m tests.load.imports [--prices N] [--products N] [--rounds N]` prints a table.
"""

import argparse
import asyncio
import io
import secrets
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import asyncpg
import uvloop
from rich.console import Console

import catalog.cli
import catalog.events
import catalog.tables
import catalog.wiring
import pricing.cli
import pricing.events
import pricing.tables
import pricing.wiring
from catalog.settings import CatalogSettings
from chassis import migrations
from chassis.clock import SystemClock
from chassis.database import Database, Transaction
from chassis.server import settle
from chassis.upstream import Upstream
from eventing.topics import Topic
from feeds.announcing import FeedState, announcer
from feeds.desk import Feeds
from feeds.feed import Chunk, TableFeed
from feeds.profiles import ImportProfile, Thresholds
from feeds.receiver import Upload
from feeds.runs import Mode, OnRunChanged, Run, State
from feeds.tables import FeedTables
from local_stack.ports import free_port
from local_stack.servers.postgres import PostgresServer
from pricing.settings import PricingSettings
from testkit.postgres import Databases
from tests.load import import_rows, results
from tests.load.machine import machine
from tests.load.platform import Bench
from tests.load.results import Line

# Every value changes: with the thresholds of a new profile such a run would be held.
_UNHELD: Final = ImportProfile(thresholds=Thresholds(discontinued_percent=100, repriced_percent=100))
PARTS: Final = ("receive", "validate", "merge")
WITHIN: Final = ("prepare", "changed")
"""The hooks around a chunk: their seconds are those of all lanes, which run side by side."""
PRICES: Final = 100_000
PRODUCTS: Final = 50_000
ROUNDS: Final = 3
KINDS: Final = ("new", "changed", "unchanged")
_CLOCK: Final = SystemClock()
_ENVIRONMENT: Final[dict[str, Any]] = {"kafka_bootstrap": "127.0.0.1:1", "cursor_secret": "cursors"}


@dataclass
class Measured:
    """One kind of import: seconds of each round, of its parts, and of the bare reference."""

    name: str
    rows: int
    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    bare_whole: list[float] = field(default_factory=list)
    parts: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def lines(self) -> Iterator[Line]:
        """The benchmark's lines; where the time went is the note of the first."""
        parts, within = self._seconds(PARTS), self._seconds(WITHIN)
        rate = self.rows / statistics.median(self.ours)
        yield Line(
            f"import of {self.rows:,} {self.name}",
            rate,
            "rows/s",
            self.rows / statistics.median(self.bare),
            expected=0.3,
            note=f"seconds: {parts}; in lanes: {within}",
        )
        if self.bare_whole:
            bare = self.rows / statistics.median(self.bare_whole)
            yield Line("… beside COPY + upsert of all it writes", rate, "rows/s", bare, note="the same ours")

    def _seconds(self, names: Sequence[str]) -> str:
        found = [(name, self.parts[name]) for name in names if self.parts[name]]
        return ", ".join(f"{name} {statistics.median(seconds):.2f}" for name, seconds in found)


class Watch:
    """Takes the time of an import's parts: its hooks, and when its run changed its state."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._reached: dict[State, float] = {}

    @contextmanager
    def measuring(self, name: str) -> Iterator[None]:
        """Adds what the block takes."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += time.perf_counter() - begun

    def hooked(self, feed: TableFeed) -> TableFeed:
        """The feed with hooks that are timed."""
        prepare, changed = feed.prepare, feed.changed
        assert prepare is not None
        assert changed is not None

        async def prepared(tx: Transaction, chunk: Chunk) -> None:
            with self.measuring("prepare"):
                await prepare(tx, chunk)

        async def heard(tx: Transaction, ids: Sequence[str]) -> None:
            with self.measuring("changed"):
                await changed(tx, ids)

        return replace(feed, prepare=prepared, changed=heard)

    def told(self, announce: OnRunChanged) -> OnRunChanged:
        """The hook of states with their moments kept."""

        async def run_changed(tx: Transaction, run: Run) -> None:
            await announce(tx, run)
            self._reached[run.state] = time.perf_counter()

        return run_changed

    def parts(self) -> dict[str, float]:
        """Seconds by part since the last call."""
        at, found = self._reached, dict(self.seconds)
        found["receive"] = at[State.STAGED] - at[State.RECEIVING]
        found["validate"] = at[State.APPLYING] - at[State.STAGED]
        found["merge"] = at[State.DONE] - at[State.APPLYING]
        self.seconds.clear()
        self._reached.clear()
        return found


@dataclass(frozen=True)
class Fed:
    """A service's feed on a database of its own, and the plain table beside its target.

    `along` are the tables that are written with the target.
    """

    url: str
    feed: TableFeed
    feeds: Feeds
    watch: Watch
    along: Sequence[str]

    @classmethod
    def of(
        cls,
        url: str,
        wiring: Any,
        resource: str,
        tables: FeedTables,
        topic: Topic[FeedState],
        along: Sequence[str] = (),
    ) -> "Fed":
        """The service's own desk, watched."""
        watch = Watch()
        feed = watch.hooked(wiring.feeds.by_resource[resource])
        told = watch.told(announcer(topic, wiring.outbox, _CLOCK))
        feeds = Feeds(wiring.database, _CLOCK, tables, [feed], on_run_changed=told)
        return cls(url, feed, feeds, watch, along)

    async def imported(self, body: Sequence[bytes]) -> float:
        """Receives an upload as the route does, applies it as the worker does; seconds until it is done."""
        upload = Upload(client="erp", source="erp", mode=Mode.DELTA, profile=_UNHELD)
        begun = time.perf_counter()
        run = await self.feeds.receiver.receive(self.feed, upload, _stream(body))
        worker = self.feeds.worker()
        while await worker.step():
            pass
        took = time.perf_counter() - begun
        done = await self.feeds.run(run.id, self.feed.resource)
        assert (State.DONE, 0) == (done.state, done.counts["rejected"]), done
        return took

    async def prepare_bare(self, connection: asyncpg.Connection) -> None:
        """Plain tables with the columns, keys and indexes of those written; no foreign keys, no triggers."""
        for table in (self.feed.table.name, *self.along):
            await connection.execute(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING ALL)")

    async def bare(self, connection: asyncpg.Connection) -> float:
        """Seconds that COPY and one upsert of what the import left take, in the file's order."""
        live = "WHERE NOT deleted" if "deleted" in self.feed.table.c else ""
        table = self.feed.table.name
        rows = f"SELECT * FROM {table} {live} ORDER BY line_number"
        return await _upserted(connection, table, rows, f"source, {self.feed.key_column}")

    async def bare_along(self, connection: asyncpg.Connection) -> float:
        """Seconds that the same takes for what the import wrote along."""
        seconds = 0.0
        for table in self.along:
            key = await connection.fetchval(_PRIMARY_KEY, table)
            written = f"SELECT * FROM {table} EXCEPT SELECT * FROM bare_{table} ORDER BY {key}"
            seconds += await _upserted(connection, table, written, key)
        return seconds


_PRIMARY_KEY: Final = """SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_index
JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey)
WHERE indrelid = $1::text::regclass AND indisprimary"""
_SETTABLE: Final = """SELECT attname FROM pg_attribute
WHERE attrelid = $1::text::regclass AND attnum > 0 AND attidentity <> 'a'"""


async def _upserted(connection: asyncpg.Connection, table: str, rows: str, key: str) -> float:
    """Copies rows out of a table; seconds that COPY and one upsert into the bare one beside it take."""
    values = io.BytesIO()
    await connection.copy_from_query(rows, output=values)
    values.seek(0)
    columns = await connection.fetch(_SETTABLE, table)
    sets = ", ".join(f"{column['attname']} = excluded.{column['attname']}" for column in columns)
    begun = time.perf_counter()
    async with connection.transaction():
        await connection.execute(f"CREATE TEMP TABLE incoming (LIKE bare_{table}) ON COMMIT DROP")
        await connection.copy_to_table("incoming", source=values)
        await connection.execute(
            f"INSERT INTO bare_{table} OVERRIDING SYSTEM VALUE SELECT * FROM incoming"
            f" ON CONFLICT ({key}) DO UPDATE SET {sets}"
        )
    return time.perf_counter() - begun


async def _stream(pieces: Sequence[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def compare(fed: Fed, bodies: Sequence[list[bytes]], measured: Sequence[Measured]) -> None:
    """One round: each import followed by the bare reference with the values it left."""
    connection = await asyncpg.connect(fed.url)
    try:
        await fed.prepare_bare(connection)
        for body, line in zip(bodies, measured, strict=True):
            line.ours.append(await fed.imported(body))
            for name, seconds in fed.watch.parts().items():
                line.parts[name].append(seconds)
            line.bare.append(await fed.bare(connection))
            if fed.along:
                line.bare_whole.append(line.bare[-1] + await fed.bare_along(connection))
    finally:
        await connection.close()


@asynccontextmanager
async def priced(databases: Databases, products: int) -> AsyncIterator[Fed]:
    """pricing, to which accounts and products are known."""
    async with databases.fresh("pricing", partial(migrations.upgrade, pricing.cli.MIGRATIONS)) as url:
        database = Database.connect(url, name="pricing-load")
        wiring = pricing.wiring.wire(PricingSettings(database_url=url, **_ENVIRONMENT), database, _CLOCK)
        connection = await asyncpg.connect(url)
        await connection.executemany(
            "INSERT INTO product (id, version, source, external_id, base_unit)"
            " VALUES ($1, 1, 'erp', $2, 'PCS')",
            [(f"p{number}", import_rows.sku(number)) for number in range(products)],
        )
        await connection.executemany(
            "INSERT INTO account (id, version, source, external_id) VALUES ($1, 1, 'erp', $2)",
            [(f"a{number}", import_rows.account(number)) for number in range(import_rows.ACCOUNTS)],
        )
        await connection.close()
        try:
            yield Fed.of(url, wiring, "prices", pricing.tables.feeds, pricing.events.FEED)
        finally:
            await wiring.accounts.close()
            await database.close()


@asynccontextmanager
async def catalogued(databases: Databases) -> AsyncIterator[Fed]:
    """catalog, with a catalogue that has every product."""
    async with databases.fresh("catalog", partial(migrations.upgrade, catalog.cli.MIGRATIONS)) as url:
        database = Database.connect(url, name="catalog-load")
        upstream = Upstream("pricing", "http://127.0.0.1:1")
        wiring = catalog.wiring.wire(
            CatalogSettings(database_url=url, **_ENVIRONMENT), database, _CLOCK, upstream
        )
        connection = await asyncpg.connect(url)
        await connection.execute(
            "INSERT INTO catalogue (id, version, code, name, include)"
            """ VALUES ('everything', 1, 'all', 'All', '[{"target": "all"}]')"""
        )
        await connection.executemany(
            "INSERT INTO unit (id, version, source, external_id) VALUES ($1, 1, 'erp', $1)",
            [("PCS",), ("BOX",), ("PAL",)],
        )
        await connection.close()
        try:
            along = ("listing", "catalogue_member", "published", "outbox")
            yield Fed.of(url, wiring, "products", catalog.tables.feeds, catalog.events.FEED, along)
        finally:
            await upstream.close()
            await database.close()


async def measure(postgres_url: str, *, prices: int, products: int, rounds: int) -> list[Line]:
    """Every line, each of some rounds on fresh databases of this server."""
    settle()  # as the process of a worker does
    databases = Databases(postgres_url, f"load{secrets.token_hex(4)}")
    many = max(prices // 10, 1)
    price_bodies = [
        import_rows.upload(import_rows.price(number, many, raised=raised) for number in range(prices))
        for raised in (False, True, True)
    ]
    product_bodies = [
        import_rows.upload(import_rows.product(number, changed=changed) for number in range(products))
        for changed in (False, True, True)
    ]
    of_prices = [Measured(f"prices {kind}", prices) for kind in KINDS]
    of_products = [Measured(f"products {kind}", products) for kind in KINDS]
    try:
        for _ in range(rounds):
            if prices:
                async with priced(databases, many) as fed:
                    await compare(fed, price_bodies, of_prices)
            if products:
                async with catalogued(databases) as fed:
                    await compare(fed, product_bodies, of_products)
    finally:
        await databases.forget_run()
    return [line for found in (*of_prices, *of_products) if found.ours for line in found.lines()]


async def imports(found: Bench) -> Sequence[Line]:
    """Imports of prices and products beside plain COPY and upsert, on databases of their own."""
    return await measure(found.postgres_url, prices=PRICES, products=PRODUCTS, rounds=ROUNDS)


def main() -> None:
    """Measures on a server of its own and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prices", type=int, default=PRICES)
    parser.add_argument("--products", type=int, default=PRODUCTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kontor-load-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = PostgresServer(folder / "postgres", free_port(), "for-tests-only", folder / "postgres.log")
        server.start()
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                described = runner.run(machine(server.url))
                found = runner.run(
                    measure(server.url, prices=asked.prices, products=asked.products, rounds=asked.rounds)
                )
        finally:
            server.stop()
    results.show(Console(width=190), described, found)


if __name__ == "__main__":
    main()
