"""Fixtures of what no single service can prove alone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from testkit.servers import Servers
from tests.support.system import System, running


@pytest.fixture(scope="session")
async def system(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """The whole platform as real processes, empty but for an administrator; one for the whole run."""
    folder: Path = tmp_path_factory.mktemp("system")
    async with running(folder, servers.postgres_url()) as system:
        yield system
