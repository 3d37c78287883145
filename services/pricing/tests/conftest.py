"""Fixtures of pricing's tests: the service on a fresh copy of a migrated database."""

from collections.abc import AsyncIterator
from functools import partial

import pytest

from chassis import migrations
from pricing.cli import MIGRATIONS
from services.pricing.tests.support.world import World, running
from testkit.postgres import Databases


@pytest.fixture
async def world(databases: Databases) -> AsyncIterator[World]:
    """The service with an empty database."""
    async with (
        databases.fresh("pricing", partial(migrations.upgrade, MIGRATIONS)) as url,
        running(url) as world,
    ):
        yield world
