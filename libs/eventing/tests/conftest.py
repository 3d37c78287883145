"""Real servers for the tests of this library: a fresh database and fresh topics for each."""

import os
from collections.abc import AsyncIterator

import asyncpg
import pytest

from chassis.ids import new_id
from libs.eventing.tests.support.station import Station

ADMIN_URL = os.environ.get("EVT_PG", "postgresql://postgres@127.0.0.1:25499/postgres")


@pytest.fixture(scope="session")
def kafka_bootstrap() -> str:
    return os.environ.get("EVT_KAFKA", "127.0.0.1:25492")


@pytest.fixture
async def database_url() -> AsyncIterator[str]:
    """An empty database of its own."""
    name = "t" + new_id().replace("-", "")
    admin = await asyncpg.connect(ADMIN_URL)
    await admin.execute(f"CREATE DATABASE {name}")
    yield ADMIN_URL.rsplit("/", 1)[0] + "/" + name
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest.fixture
async def station(database_url: str, kafka_bootstrap: str) -> AsyncIterator[Station]:
    """A service with one state topic, one notice topic and a copy of what it hears."""
    station = Station(database_url, kafka_bootstrap, "s" + new_id()[-12:])
    await station.prepare()
    yield station
    await station.close()
