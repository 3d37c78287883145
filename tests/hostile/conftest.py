"""What hostile callers find: one object of every kind."""

from collections.abc import AsyncIterator

import pytest

from tests.hostile.sending import Sender, sender
from tests.support.known import Known, know
from tests.support.system import System


@pytest.fixture(scope="session")
async def known(system: System) -> Known:
    """Made once for all."""
    return await know(system)


@pytest.fixture
async def http(system: System, known: Known) -> AsyncIterator[Sender]:
    """Callers who may everything, with tokens that do not end."""

    async def log_in() -> dict[str, str]:
        return {surface: caller.token for surface, caller in (await known.callers()).items()}

    async with sender(system.gateway, log_in) as http:
        yield http
