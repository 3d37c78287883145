"""The schema in code and the migrated schema are the same."""

import asyncio

from analytics.cli import MIGRATIONS
from chassis import migrations
from services.analytics.tests.support.office import migrate
from testkit.postgres import Databases


async def test_migrating_from_nothing_gives_the_tables_of_the_code(databases: Databases) -> None:
    async with databases.fresh("analytics", migrate) as url:
        await asyncio.to_thread(migrations.check, MIGRATIONS, url)
