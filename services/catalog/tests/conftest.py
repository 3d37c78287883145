"""Fixtures of catalog's tests."""

from collections.abc import AsyncIterator

import pytest

from services.catalog.tests.support.platform import Platform, migrate, running
from testkit.clock import FrozenClock
from testkit.postgres import Databases


@pytest.fixture
async def platform(databases: Databases, clock: FrozenClock) -> AsyncIterator[Platform]:
    """catalog on a database of its own."""
    async with databases.fresh("catalog", migrate) as url, running(url, clock) as platform:
        yield platform
