"""Two customers for all tests of isolation: looking changes nothing."""

import pytest

from tests.isolation.two_customers import Trade, open_trade
from tests.support.system import System


@pytest.fixture(scope="session")
async def trade(system: System) -> Trade:
    """Two customers in the middle of their trade."""
    return await open_trade(system)
