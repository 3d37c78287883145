"""What tests of order_export share: the neighbours, and the service on a fresh real database."""

from collections.abc import AsyncIterator

import pytest

from chassis import migrations
from chassis.clock import SystemClock
from order_export.cli import MIGRATIONS
from services.order_export.tests.support.neighbours import Neighbours, app_of
from services.order_export.tests.support.service import Service, running
from testkit.postgres import Databases
from testkit.serving import serving


def migrate(url: str) -> None:
    """Brings a database to the newest schema."""
    migrations.upgrade(MIGRATIONS, url)


@pytest.fixture(scope="session")
async def started_neighbours() -> AsyncIterator[Neighbours]:
    """catalog, pricing and accounts, for all tests."""
    neighbours = Neighbours()
    async with serving(app_of(neighbours)) as url:
        neighbours.url = url
        yield neighbours


@pytest.fixture
def neighbours(started_neighbours: Neighbours) -> Neighbours:
    """The neighbours, knowing nothing yet."""
    started_neighbours.reset()
    return started_neighbours


@pytest.fixture
async def database_url(databases: Databases) -> AsyncIterator[str]:
    """A migrated database of one's own."""
    async with databases.fresh("order_export", migrate) as url:
        yield url


@pytest.fixture
async def service(database_url: str, neighbours: Neighbours) -> AsyncIterator[Service]:
    """The service, running."""
    async with running(database_url, neighbours, SystemClock()) as service:
        yield service
