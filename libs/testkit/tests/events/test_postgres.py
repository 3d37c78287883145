"""Databases for tests, on the real server."""

import asyncio

import asyncpg
import pytest

from testkit.postgres import Databases


def make_table(url: str) -> None:
    """A migration as services have them: synchronous, with an event loop of its own."""

    async def run() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute("CREATE TABLE thing (id int PRIMARY KEY)")
        await connection.close()

    asyncio.run(run())


async def test_each_database_is_migrated_and_knows_nothing_of_its_neighbour(databases: Databases) -> None:
    async with databases.fresh("things", make_table) as one, databases.fresh("things", make_table) as other:
        first, second = await asyncpg.connect(one), await asyncpg.connect(other)
        await first.execute("INSERT INTO thing VALUES (1)")
        assert 1 == await first.fetchval("SELECT count(*) FROM thing")
        assert 0 == await second.fetchval("SELECT count(*) FROM thing")
        await first.close()
        await second.close()


async def test_the_migration_runs_once_for_many_databases_at_once(
    databases: Databases,
) -> None:
    runs: list[str] = []

    def migrate(url: str) -> None:
        runs.append(url)
        make_table(url)

    async def use() -> None:
        async with databases.fresh("counted", migrate):
            pass

    await asyncio.gather(*(use() for _ in range(8)))
    assert 1 == len(runs)


async def test_a_database_is_dropped_even_while_somebody_is_connected(databases: Databases) -> None:
    async with databases.fresh("dropped") as url:
        forgotten = await asyncpg.connect(url)
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(url)
    forgotten.terminate()


async def test_a_failed_migration_leaves_no_template_that_looks_ready(databases: Databases) -> None:
    def broken(url: str) -> None:
        make_table(url)
        raise RuntimeError("no second step")

    with pytest.raises(RuntimeError, match="no second step"):
        async with databases.fresh("broken", broken):
            pass
    async with databases.fresh("broken", make_table) as url:
        connection = await asyncpg.connect(url)
        assert 0 == await connection.fetchval("SELECT count(*) FROM thing")
        await connection.close()


async def test_forgetting_a_run_drops_its_templates_and_nobody_elses(databases: Databases) -> None:
    other = Databases(databases.url_of("postgres"), "another-run")
    async with databases.fresh("kept", make_table) as url, other.fresh("gone", make_table):
        await other.forget_run()
        connection = await asyncpg.connect(url)
        names = [row[0] for row in await connection.fetch("SELECT datname FROM pg_database")]
        await connection.close()
    assert [] == [name for name in names if "anotherrun" in name]
