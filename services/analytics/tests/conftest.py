"""Fixtures of the tests of analytics."""

from collections.abc import AsyncIterator

import pytest

from services.analytics.tests.support.office import Office, migrate, running
from testkit.clock import FrozenClock
from testkit.postgres import Databases


@pytest.fixture
async def office(databases: Databases, clock: FrozenClock) -> AsyncIterator[Office]:
    """analytics on a database of its own; it is 2 March 2026, 10:00 in Amsterdam."""
    async with databases.fresh("analytics", migrate) as url, running(url, clock) as office:
        yield office
