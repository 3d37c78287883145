"""Fixtures of accounts' tests."""

from collections.abc import AsyncIterator

import pytest

from services.accounts.tests.support.platform import Platform, migrate, running
from testkit.clock import FrozenClock
from testkit.postgres import Databases


@pytest.fixture
async def platform(databases: Databases, clock: FrozenClock) -> AsyncIterator[Platform]:
    """accounts on a database of its own, with an administrator."""
    async with databases.fresh("accounts", migrate) as url, running(url, clock) as platform:
        yield platform
