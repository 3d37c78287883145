"""Databases for tests: migrated once per service and run, then copied in milliseconds."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg

_ANY_LOCK = 0x6B6F6E74  # "kont": workers that build a template of the same run wait for each other


class Databases:
    """Makes databases on one server; `run` is the same word for all workers of a test run."""

    def __init__(self, admin_url: str, run: str) -> None:
        self._admin_url = admin_url
        self._prefix = f"t_{re.sub(r'[^a-z0-9]', '', run.lower())[:16]}"
        self._templates: set[str] = set()

    @asynccontextmanager
    async def fresh(self, service: str, migrate: Callable[[str], object] | None = None) -> AsyncIterator[str]:
        """A database of one's own, its URL given, dropped afterwards.

        With `migrate` it is a copy of a template that `migrate(url)` filled once in this run; `migrate`
        runs in a thread, so that it may start an event loop, and must leave no connection open.
        """
        template = None if migrate is None else await self._template(service, migrate)
        name = f"{self._prefix}_{service}_{secrets.token_hex(4)}"
        await self._execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
        try:
            yield self.url_of(name)
        finally:
            await self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def url_of(self, database: str) -> str:
        """The superuser's URL of a database on this server."""
        return urlunsplit(urlsplit(self._admin_url)._replace(path=f"/{database}"))

    async def forget_run(self) -> None:
        """Drop all that this run has left, its templates above all."""
        connection = await asyncpg.connect(self._admin_url)
        try:
            like = self._prefix.replace("_", r"\_") + r"\_%"
            for row in await connection.fetch("SELECT datname FROM pg_database WHERE datname LIKE $1", like):
                await connection.execute(f'ALTER DATABASE "{row["datname"]}" IS_TEMPLATE false')
                await connection.execute(f'DROP DATABASE "{row["datname"]}" WITH (FORCE)')
        finally:
            await connection.close()

    async def _template(self, service: str, migrate: Callable[[str], object]) -> str:
        name = f"{self._prefix}_template_{service}"
        if name in self._templates:
            return name
        connection = await asyncpg.connect(self._admin_url)
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", _ANY_LOCK)
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
                await self._build(connection, name, migrate)
        finally:
            await connection.close()  # which gives the lock back
        self._templates.add(name)
        return name

    async def _build(
        self, connection: asyncpg.Connection, name: str, migrate: Callable[[str], object]
    ) -> None:
        # Under its final name only when complete: a failed migration leaves nothing that looks ready.
        draft = f"{name}_draft"
        await connection.execute(f'DROP DATABASE IF EXISTS "{draft}" WITH (FORCE)')
        await connection.execute(f'CREATE DATABASE "{draft}"')
        await asyncio.to_thread(migrate, self.url_of(draft))
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", draft
        )
        await connection.execute(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')
        # Nobody may be connected to a template while it is copied, so nobody may connect at all.
        await connection.execute(f'ALTER DATABASE "{name}" WITH IS_TEMPLATE true ALLOW_CONNECTIONS false')

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._admin_url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
