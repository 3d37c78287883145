"""The schema in code and the migrated schema are the same."""

import asyncio

from accounts.cli import MIGRATIONS
from chassis import migrations
from services.accounts.tests.support.platform import migrate
from testkit.postgres import Databases


async def test_migrating_from_nothing_gives_the_tables_of_the_code(databases: Databases) -> None:
    async with databases.fresh("accounts", migrate) as url:
        await asyncio.to_thread(migrations.check, MIGRATIONS, url)
