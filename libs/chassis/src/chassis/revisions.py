"""How often the data behind an answer changed: the version that an answer kept in memory is kept under.

A statement that writes a watched table adds one to a counter of its kind, in its own transaction. Each
connection has a counter row of its own, so writers never wait for each other; what counts is their sum. It
grows with every commit and in the order of commits, which a sequence does not: whoever reads the sum first
and the data afterwards has data at least as new as the sum says.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text

from chassis.database import Database

_READ: Final = """SELECT kind, sum(changes)::bigint AS changes FROM revision GROUP BY kind
UNION ALL SELECT '', (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint"""

Counts = Mapping[str, int]


def revision_table(metadata: MetaData) -> Table:
    """The counters; triggers of the service's migration write them (see catalog's `0002`)."""
    return Table(
        "revision",
        metadata,
        Column("kind", Text, primary_key=True),
        Column("connection", Integer, primary_key=True, autoincrement=False, comment="the backend's pid"),
        Column("changes", BigInteger, nullable=False),
    )


class Revisions:
    """Reads the counters; callers that ask while a statement runs share the next one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._running: asyncio.Task[Counts] | None = None
        self._next: asyncio.Task[Counts] | None = None

    async def now(self) -> Counts:
        """The counters at a moment after this call began, by kind.

        Under the empty kind stands when the server started: a database restored from a backup counts anew.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._read_after(self._running))
        # Shared: one caller who hangs up takes nothing away from the others.
        return await asyncio.shield(self._next)

    async def _read_after(self, before: asyncio.Task[Counts] | None) -> Counts:
        if before is not None:
            await asyncio.wait([before])
        # Whoever asks from here on may know of a commit that the statement below does not see any more.
        self._running, self._next = self._next, None
        pool = await self._database.hot()
        rows: list[Any] = await pool.fetch(_READ)
        return {row["kind"]: row["changes"] for row in rows}
