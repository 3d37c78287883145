"""The raw pool: opened once, however many ask first."""

import asyncio
from typing import Final

import asyncpg
import pytest

from chassis.database import Database
from testkit.postgres import Databases

READ: Final = "SELECT id FROM thing WHERE id = $1"


async def test_requests_that_come_first_together_share_one_pool(databases: Databases) -> None:
    async with databases.fresh("chassis") as url:
        database = Database.connect(url, name="chassis-hot-pool")
        pools = await asyncio.gather(*(database.hot() for _ in range(16)))
        try:
            assert 1 == len({id(pool) for pool in pools})
        finally:
            await database.close()


async def test_a_hot_read_is_planned_once_and_anew_when_its_plan_has_its_age(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with databases.fresh("chassis") as url:
        database = Database.connect(url, name="chassis-hot-pool", hot_size=1)
        pool = await database.hot()
        try:
            await pool.execute("CREATE TABLE thing (id int PRIMARY KEY)")
            await pool.execute("INSERT INTO thing SELECT generate_series(1, 20)")
            await pool.execute("ANALYZE thing")
            assert "Seq Scan" in await plan(pool)
            await pool.execute("INSERT INTO thing SELECT generate_series(21, 50000)")
            # Nobody has analysed the table, so nothing tells PostgreSQL to plan again.
            assert "Seq Scan" in await plan(pool)
            monkeypatch.setattr("chassis.database._PLAN_SECONDS", 0.0)
            assert "Index" in await plan(pool)
        finally:
            await database.close()


async def plan(pool: asyncpg.Pool) -> str:
    """The plan of a read that was prepared by its first use."""
    assert 1 == await pool.fetchval(READ, 1)
    name = await pool.fetchval("SELECT name FROM pg_prepared_statements WHERE statement = $1", READ)
    return "\n".join(row[0] for row in await pool.fetch(f"EXPLAIN EXECUTE {name} (1)"))
