"""Fixtures of the fault tests: the whole platform, with processes that can be told to die."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from testkit.servers import Servers
from tests.faults.support.fates import Fates
from tests.support.system import System, running


@pytest.fixture(scope="session")
def fates(tmp_path_factory: pytest.TempPathFactory) -> Fates:
    """When processes die."""
    return Fates(tmp_path_factory.mktemp("fates"))


@pytest.fixture(scope="session")
async def system(
    servers: Servers, fates: Fates, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[System]:
    """The whole platform as real processes, each of them mortal; one for the whole run."""
    folder: Path = tmp_path_factory.mktemp("system")
    async with running(folder, servers.postgres_url(), fates.dress) as system:
        yield system
