"""A user whose events have not arrived: pricing asks accounts, the real one, and answers at once."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import select

from accounts.api import make_app as make_accounts
from chassis import migrations
from pricing.cli import MIGRATIONS
from pricing.tables import account, member
from services.accounts.tests.support import platform as accounts_support
from services.accounts.tests.support.people import a_channel, a_user, an_account, log_in
from services.pricing.tests.support.world import World, running
from testkit.clock import FrozenClock
from testkit.postgres import Databases
from testkit.serving import serving

CODE = "12355"


class Newcomer:
    """A user known to accounts alone, logged in there."""

    def __init__(self, world: World, headers: dict[str, str], account_id: str) -> None:
        self.world = world
        self.headers = headers
        self.account_id = account_id

    async def asks(self, method: str, path: str, **options: object) -> httpx.Response:
        return await self.world.client.request(method, path, headers=self.headers, **options)  # type: ignore[arg-type]  # passed through


@pytest.fixture
async def newcomer(databases: Databases, clock: FrozenClock) -> AsyncIterator[Newcomer]:
    async with (
        databases.fresh("accounts", accounts_support.migrate) as accounts_url,
        databases.fresh("pricing", lambda url: migrations.upgrade(MIGRATIONS, url)) as pricing_url,
        accounts_support.running(accounts_url, clock) as platform,
        serving(make_accounts(accounts_support.settings_for(accounts_url), clock)) as address,
        running(pricing_url, address, clock=clock) as world,
    ):
        account_id = await an_account(platform, await platform.machine("accounts:feed"), CODE, currency="GBP")
        await a_channel(platform)
        person = await a_user(platform, account_id, "buyer@example.com")
        tokens = await log_in(platform, person.email)
        yield Newcomer(world, {"Authorization": f"Bearer {tokens['access_token']}"}, account_id)


async def test_an_unknown_users_audience_is_asked_of_accounts_and_kept(newcomer: Newcomer) -> None:
    first = await newcomer.asks("GET", "/internal/v1/audience")
    assert 200 == first.status_code, first.text
    again = await newcomer.asks("GET", "/internal/v1/audience")
    assert first.json() == again.json()
    assert 1 == len(await newcomer.world.told("visibility.principal"))


async def test_an_unknown_accounts_price_is_found_after_asking_accounts(newcomer: Newcomer) -> None:
    product_id = "0190a1b2-0000-7000-8000-0000000000c1"
    answer = await newcomer.asks("POST", "/internal/v1/prices", json={"items": [{"product_id": product_id}]})
    price = answer.json()["items"][0]["price"]
    assert (200, "unavailable", "GBP") == (answer.status_code, price["status"], price["currency"])


async def test_what_accounts_told_has_the_version_of_its_event(newcomer: Newcomer) -> None:
    await newcomer.asks("GET", "/internal/v1/audience")
    async with newcomer.world.database.read() as reader:
        stored = await reader.all(select(account.c.id, account.c.version, account.c.external_id))
        users = await reader.all(select(member.c.version))
    assert [(newcomer.account_id, CODE)] == [(row["id"], row["external_id"]) for row in stored]
    assert all(row["version"] > 1 for row in (*stored, *users))
