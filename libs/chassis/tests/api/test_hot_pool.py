"""The raw pool: opened once, however many ask first."""

import asyncio

from chassis.database import Database
from testkit.postgres import Databases


async def test_requests_that_come_first_together_share_one_pool(databases: Databases) -> None:
    async with databases.fresh("chassis") as url:
        database = Database.connect(url, name="chassis-hot-pool")
        pools = await asyncio.gather(*(database.hot() for _ in range(16)))
        try:
            assert 1 == len({id(pool) for pool in pools})
        finally:
            await database.close()
