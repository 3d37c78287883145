"""Which catalogue an account has: its own, its customer group's, else the default one."""

import asyncio

from sqlalchemy import text

from accounts.customer_accounts.register_lock import alone
from chassis.ids import new_id
from services.accounts.tests.support.people import a_catalogue, an_account, change, feed
from services.accounts.tests.support.platform import Platform

PATH = "/admin/v1/catalogue-assignments"


async def published(platform: Platform) -> dict[str, str | None]:
    """Catalogue id by external id, as last told."""
    told = [event["payload"] for event in await platform.events("accounts.account")]
    return {state["external_id"]: state["catalogue_id"] for state in told}


async def assign(platform: Platform, catalogue: str | None, group: str | None = None) -> None:
    answer = await platform.staff("POST", PATH, json={"customer_group": group, "catalogue_id": catalogue})
    assert answer.status_code == 200, answer.text


async def test_own_before_group_before_default_and_each_change_is_told(platform: Platform) -> None:
    token = await platform.machine("accounts:feed")
    basic, trade, special = [await a_catalogue(platform, code) for code in ("basic", "trade", "special")]
    await an_account(platform, token, "A")
    await an_account(platform, token, "B", customer_group="TRADE")
    own = await an_account(platform, token, "C", customer_group="TRADE")
    await assign(platform, basic)
    assert {"A": basic, "B": basic, "C": basic} == await published(platform)
    await assign(platform, trade, "TRADE")
    assert {"A": basic, "B": trade, "C": trade} == await published(platform)
    await change(platform, f"/admin/v1/accounts/{own}", {"own_catalogue_id": special})
    await assign(platform, None, "TRADE")
    assert {"A": basic, "B": basic, "C": special} == await published(platform)
    await change(platform, f"/admin/v1/accounts/{own}", {"own_catalogue_id": None})
    assert basic == (await published(platform))["C"]
    shown = (await platform.staff("GET", PATH)).json()
    assert {"default_catalogue_id": basic, "by_customer_group": {}} == shown


async def test_only_accounts_that_have_another_catalogue_now_are_told_again(platform: Platform) -> None:
    token = await platform.machine("accounts:feed")
    basic, trade = await a_catalogue(platform, "basic"), await a_catalogue(platform, "trade")
    await an_account(platform, token, "A")
    await an_account(platform, token, "B", customer_group="TRADE")
    await assign(platform, trade, "TRADE")
    before = await platform.events("accounts.account")
    await assign(platform, basic)
    told = (await platform.events("accounts.account"))[len(before) :]
    assert ["A"] == [event["payload"]["external_id"] for event in told]
    await assign(platform, basic)
    assert len(before) + 1 == len(await platform.events("accounts.account"))
    versions = [
        event["version"]
        for event in await platform.events("accounts.account")
        if event["key"] == told[0]["key"]
    ]
    assert sorted(set(versions)) == versions


async def test_an_account_that_comes_into_a_group_while_the_group_gets_its_catalogue_has_it(
    platform: Platform,
) -> None:
    token = await platform.machine("accounts:feed")
    trade = await a_catalogue(platform, "trade")
    groups = [f"G{number}" for number in range(20)]
    jobs = [assign(platform, trade, group) for group in groups]
    fed = [
        feed(platform, token, "accounts", {"external_id": group, "currency": "EUR", "customer_group": group})
        for group in groups
    ]
    await asyncio.gather(*(job for pair in zip(jobs, fed, strict=True) for job in pair))
    assert dict.fromkeys(groups, trade) == await published(platform)


async def test_a_catalogue_nobody_told_of_is_refused(platform: Platform) -> None:
    answer = await platform.staff("POST", PATH, json={"catalogue_id": new_id()})
    assert (422, "catalogue_not_found") == (answer.status_code, answer.json()["code"])


async def test_a_block_waits_for_no_import_and_an_own_catalogue_does(platform: Platform) -> None:
    token = await platform.machine("accounts:feed")
    special = await a_catalogue(platform, "special")
    account = f"/admin/v1/accounts/{await an_account(platform, token, 'A')}"
    database = platform.wiring.database
    waiting = text(
        "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
        " WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
    )
    async with database.transaction() as import_chunk:
        await alone(import_chunk)
        async with asyncio.timeout(30):
            await change(platform, account, {"platform_block": "orders"})
        choosing = asyncio.create_task(change(platform, account, {"own_catalogue_id": special}))
        async with asyncio.timeout(30), database.read() as reader:
            while not await reader.scalar(waiting):  # noqa: ASYNC110 - the lock is in the database
                await asyncio.sleep(0.02)
        assert not choosing.done()
    await choosing
    assert special == (await published(platform))["A"]
