"""The database follows from the migrations alone."""

import asyncio

from chassis import migrations
from pricing.cli import MIGRATIONS
from testkit.postgres import Databases


async def test_an_empty_database_is_brought_to_what_the_code_declares(databases: Databases) -> None:
    async with databases.fresh("pricing") as url:
        await asyncio.to_thread(migrations.upgrade, MIGRATIONS, url)
        await asyncio.to_thread(migrations.check, MIGRATIONS, url)
