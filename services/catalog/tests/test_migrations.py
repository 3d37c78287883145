"""The schema of catalog."""

import asyncio

from catalog.cli import MIGRATIONS
from chassis import migrations
from testkit.postgres import Databases


async def test_upgrade_from_nothing_gives_exactly_the_tables_in_code(databases: Databases) -> None:
    async with databases.fresh("catalog") as url:
        await asyncio.to_thread(migrations.upgrade, MIGRATIONS, url)
        await asyncio.to_thread(migrations.check, MIGRATIONS, url)
