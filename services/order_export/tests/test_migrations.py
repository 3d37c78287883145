"""The schema grows from nothing to what the code says."""

import asyncio

from chassis import migrations
from order_export.cli import MIGRATIONS
from testkit.postgres import Databases


async def test_migrations_lead_from_nothing_to_the_tables_in_code(databases: Databases) -> None:
    async with databases.fresh("order_export_empty") as url:
        await asyncio.to_thread(migrations.upgrade, MIGRATIONS, url)
        await asyncio.to_thread(migrations.check, MIGRATIONS, url)
