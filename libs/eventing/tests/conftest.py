"""Real servers for the tests of this library: a fresh database and fresh topics for each."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chassis.ids import new_id
from libs.eventing.tests.support.station import Station
from testkit.kafka import Broker
from testkit.postgres import Databases


@pytest.fixture
async def station(databases: Databases, kafka: Broker, tmp_path: Path) -> AsyncIterator[Station]:
    """A service with two state topics, one notice topic and a copy of what it hears."""
    async with databases.fresh("eventing") as url:
        station = Station(url, kafka.bootstrap, "s" + new_id()[-12:], tmp_path)
        await station.prepare()
        yield station
        await station.close()
