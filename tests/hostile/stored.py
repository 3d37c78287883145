"""What all databases of the platform hold, as one fingerprint per table."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from tests.hostile.sending import Sender
from tests.support.system import System

# Tables that move without a caller, each with what moves them.
MOVING: Final[Mapping[str, str]] = {
    "consumer_state": "how far a consumer has read; a heartbeat comes each second",
    "import_staging": "emptied some seconds after a run has ended; what a run took stands in its own row",
}
# Said of a run when its staging is empty.
_MOVING_COLUMN: Final = "cleaned"
_TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_QUIET_SECONDS: Final = 1.0
_PATIENCE: Final = 60

Prints = dict[str, tuple[int, str]]


async def fingerprints(system: System) -> Prints:
    """Rows and a hash of all of them, by `database.table`."""
    found: Prints = {}
    for service in system.stack.services:
        if service.worker_port is None:
            continue
        server = urlsplit(system.stack.postgres_url)
        connection = await asyncpg.connect(urlunsplit(server._replace(path=f"/{service.name}")))
        try:
            for (table,) in await connection.fetch(_TABLES):
                name = f"{service.name}.{table}"
                if table not in MOVING:
                    row = await connection.fetchrow(_PRINT.format(table=table, column=_MOVING_COLUMN))
                    assert row is not None
                    found[name] = (row[0], row[1])
        finally:
            await connection.close()
    return found


_PRINT: Final = """
SELECT count(*), md5(coalesce(string_agg(h, '' ORDER BY h), '')) FROM (
    SELECT md5((to_jsonb(t) - '{column}')::text) AS h FROM "{table}" t) hashed"""


async def settled(system: System) -> Prints:
    """The fingerprints once nothing moves any more: what was accepted has gone its way."""
    before = await fingerprints(system)
    for _ in range(_PATIENCE):
        await asyncio.sleep(_QUIET_SECONDS)
        after = await fingerprints(system)
        if after == before:
            return after
        before = after
    raise TimeoutError("the databases never came to rest")


@asynccontextmanager
async def untouched(system: System, http: Sender) -> AsyncIterator[None]:
    """Asserts that what is done inside leaves every table of every database as it was.

    Inside is less than a token's life: a log-in of the sender would be stored.
    """
    await http.log_in()
    before = await settled(system)
    yield
    after = await settled(system)
    moved = {name: (before[name][0], after[name][0]) for name in after if after[name] != before[name]}
    assert {} == moved, f"tables that changed, with their rows before and after: {moved}"
