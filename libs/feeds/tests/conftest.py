"""A fresh database with the feed tables per test."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.database import Database
from libs.feeds.tests.support.fed import Shop, metadata
from testkit.postgres import Databases


@pytest.fixture
async def url(databases: Databases) -> AsyncIterator[str]:
    async with databases.fresh("feeds") as found:
        engine = create_async_engine(found.replace("postgresql://", "postgresql+asyncpg://"))
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        await engine.dispose()
        yield found


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    found = Database.connect(url, name="feeds-test")
    yield found
    await found.close()


@pytest.fixture
def shop(database: Database) -> Shop:
    return Shop(database)
