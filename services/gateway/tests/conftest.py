"""Fixtures of the gateway's tests: neighbours on loopback, the gateway before them, Kafka where asked."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from chassis.logging import configure_logging
from gateway.api import make_app
from gateway.settings import GatewaySettings
from local_stack.ports import free_port
from services.gateway.tests.support.contracts import write_contracts
from services.gateway.tests.support.neighbours import Neighbours, neighbourhood
from testkit.serving import serving

Door = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    configure_logging(service="gateway", level="WARNING", log_format="json")


@pytest.fixture(scope="session")
def contracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with published contracts."""
    return write_contracts(tmp_path_factory.mktemp("contracts"))


@pytest.fixture
async def neighbours() -> AsyncIterator[Neighbours]:
    """The other services."""
    async with neighbourhood() as known:
        yield known


@pytest.fixture
def settings_of(contracts: Path, neighbours: Neighbours) -> Callable[..., GatewaySettings]:
    """Settings of a gateway before the neighbours; without Kafka unless one is named."""

    def make(**changes: Any) -> GatewaySettings:
        values = {
            "kafka_bootstrap": f"127.0.0.1:{free_port()}",
            "contracts_dir": contracts,
            "cursor_secret": "for-tests-only",
            **neighbours.settings(),
            **changes,
        }
        return GatewaySettings(**values)

    return make


@pytest.fixture
def door(settings_of: Callable[..., GatewaySettings]) -> Door:
    """Opens a gateway on a socket: `async with door(user_burst=3) as client`."""

    @asynccontextmanager
    async def opened(**changes: Any) -> AsyncIterator[httpx.AsyncClient]:
        app = make_app(settings_of(**changes))
        async with serving(app) as url, httpx.AsyncClient(base_url=url, timeout=30) as client:
            await until_ready(client)
            yield client

    return opened


async def until_ready(client: httpx.AsyncClient) -> None:
    """Returns once the gateway knows the revocations."""
    for _ in range(400):
        if (await client.get("/readyz")).status_code == httpx.codes.OK:
            return
        await asyncio.sleep(0.05)
    pytest.fail("the gateway does not get ready")


@pytest.fixture
async def gateway(door: Door) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway with the usual settings."""
    async with door() as client:
        yield client
