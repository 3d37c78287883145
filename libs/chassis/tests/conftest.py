"""What the tests of the chassis share."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from libs.chassis.tests.support.issuer import Issuer
from libs.chassis.tests.support.thing_service import calling, thing_app


@pytest_asyncio.fixture
async def issuer() -> Issuer:
    return Issuer()


@pytest_asyncio.fixture
async def client(issuer: Issuer) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(thing_app(issuer)) as found:
        yield found
