"""A fresh database with the feed tables per test."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.database import Database
from libs.feeds.tests.support.fed import Shop, metadata
from testkit.postgres import Databases


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[Database]:
    async with databases.fresh("feeds") as url:
        engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        await engine.dispose()
        found = Database.connect(url, name="feeds-test")
        yield found
        await found.close()


@pytest.fixture
def shop(database: Database) -> Shop:
    return Shop(database)
