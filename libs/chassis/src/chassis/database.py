"""PostgreSQL for a service: readers that cannot write, transactions that can, a raw pool for hot reads.

A use case opens one `transaction()`; nothing else commits. What only looks takes a `Reader`, so that the
type checker refuses a write on a read path.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, Final, Protocol

import asyncpg
import msgspec
from sqlalchemy import ARRAY, ColumnElement, Executable, RowMapping, Text, any_, literal
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None

_SESSION: Final = {
    "timezone": "UTC",
    # Statements here are short or run by index: compiling one costs more than it saves.
    "jit": "off",
}
# Planning a hot read takes longer than the read; left alone, PostgreSQL plans some anew for each call.
_PLANNED_ONCE: Final = {"plan_cache_mode": "force_generic_plan"}
# A plan made while a table was small reads all of it; nobody can wait until its growth was analysed.
_PLAN_SECONDS: Final = 10.0


def among(column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
    """Membership by one array parameter: a parameter per value costs more than the query."""
    return column == any_(literal(list(values), ARRAY(Text)))


class Reader:
    """Statements that only look. Rows come as mappings keyed by column name."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def all(
        self, statement: Executable, params: Mapping[str, Any] | None = None
    ) -> Sequence[RowMapping]:
        """Every row."""
        return (await self._connection.execute(statement, params)).mappings().all()

    async def first(
        self, statement: Executable, params: Mapping[str, Any] | None = None
    ) -> RowMapping | None:
        """The first row, or None."""
        return (await self._connection.execute(statement, params)).mappings().first()

    async def scalar(self, statement: Executable, params: Mapping[str, Any] | None = None) -> Any:
        """The first column of the first row, or None."""
        return await self._connection.scalar(statement, params)

    async def scalars(self, statement: Executable, params: Mapping[str, Any] | None = None) -> Sequence[Any]:
        """The first column of every row."""
        return (await self._connection.execute(statement, params)).scalars().all()


class Transaction(Reader):
    """One database transaction: it commits when its block ends and rolls back when the block raises."""

    async def execute(self, statement: Executable, params: Parameters = None) -> int:
        """Runs a statement that changes rows; returns how many."""
        return (await self._connection.execute(statement, params)).rowcount

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What the block did is undone if it raises; the transaction lives on."""
        async with self._connection.begin_nested():
            yield

    async def copy(self, table: str, columns: Sequence[str], records: Iterable[Sequence[Any]]) -> None:
        """Streams records into a table by COPY (binary): the fastest way in, all or nothing."""
        raw = await self._connection.get_raw_connection()
        driver = raw.driver_connection
        assert driver is not None
        await driver.copy_records_to_table(table, records=records, columns=list(columns))


class Companion(Protocol):
    """What goes along with the transactions of one request, so that it is stored if and only if they are."""

    async def begin(self, tx: Transaction) -> None:
        """Called first in each transaction; may raise to end it."""

    def committed(self) -> None:
        """Called after each commit."""


accompanying: ContextVar[Companion | None] = ContextVar("accompanying", default=None)


class Database:
    """A service's own database. Construct with `connect`, end with `close`."""

    def __init__(self, engine: AsyncEngine, hot_url: str, hot_name: str, hot_size: int) -> None:
        self._engine = engine
        self._looking = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._hot_url = hot_url
        self._hot_settings = _SESSION | _PLANNED_ONCE | {"application_name": hot_name}
        self._hot_size = hot_size
        self._hot: asyncpg.Pool | None = None
        self._hot_opening = asyncio.Lock()
        self._planned: dict[int, float] = {}

    @classmethod
    def connect(cls, url: str, *, name: str, pool_size: int = 20, hot_size: int = 8) -> "Database":
        """Prepares the pools for `postgresql://user:password@host:port/database`; connects on first use.

        `name` is shown in pg_stat_activity.
        """
        address = make_url(url).set(drivername="postgresql+asyncpg")
        engine = create_async_engine(
            address,
            pool_size=pool_size,
            # An overflow would be opened for a few statements and closed again, time after time.
            max_overflow=0,
            pool_timeout=5,
            pool_pre_ping=False,
            # Quick, and exact as the standard library: orjson reads long whole numbers as floats.
            json_deserializer=msgspec.json.decode,
            connect_args={
                "timeout": 5,
                "server_settings": _SESSION
                | {"application_name": name, "idle_in_transaction_session_timeout": "60000"},
            },
        )
        plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
        return cls(engine, plain, f"{name}-hot", hot_size)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Reader]:
        """A connection for looking; each statement sees what is committed when it starts."""
        async with self._looking.connect() as connection:
            yield Reader(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """One READ COMMITTED transaction, committed at the end of the block."""
        companion = accompanying.get()
        async with self._engine.begin() as connection:
            tx = Transaction(connection)
            if companion is not None:
                await companion.begin(tx)
            yield tx
        if companion is not None:
            companion.committed()

    async def hot(self) -> asyncpg.Pool:
        """The raw asyncpg pool for the few hot reads, without the reset query a release normally sends.

        Whoever uses it leaves no session state behind: no SET, no LISTEN, no temporary table, no lock.
        """
        if self._hot is None:
            # The first requests come together: without the lock each would open a pool, and all but one leak.
            async with self._hot_opening:
                if self._hot is None:
                    self._hot = await asyncpg.create_pool(
                        self._hot_url,
                        min_size=1,
                        max_size=self._hot_size,
                        reset=_leave_as_is,
                        setup=self._plan_anew,
                        timeout=5,
                        server_settings=self._hot_settings,
                    )
        return self._hot

    async def _plan_anew(self, connection: Any) -> None:
        """Lets go of a connection's plans when they have their age; the statements stay prepared."""
        now, pid = time.monotonic(), connection.get_server_pid()
        if now - self._planned.setdefault(pid, now) > _PLAN_SECONDS:
            await connection.execute("DISCARD PLANS")
            self._planned[pid] = now

    async def close(self) -> None:
        """Closes every connection."""
        if self._hot is not None:
            await self._hot.close()
        await self._engine.dispose()


async def _leave_as_is(_: asyncpg.Connection) -> None:
    return None
