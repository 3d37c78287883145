"""Kafka stopped, hanging, or replaced by an empty one: the shop goes on, and everything ends right."""

import asyncio
import os
import random
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from eventing.kafka import Cluster
from eventing.topics import Kind, topic_files
from local_stack.child import run_once
from local_stack.client import Caller, until
from local_stack.state import REPOSITORY
from tests.faults.support.erps import pushed_erp
from tests.faults.support.fates import Fates
from tests.faults.support.levels import FINE, levels
from tests.faults.support.trade import Trade, database, reckon, settled, told_versions
from tests.support.shop import Shop, open_shop
from tests.support.system import System

OUTAGE: Final = 15 if os.environ.get("KONTOR_FAULTS_SHORT") else 60
PUBLISHERS: Final = ("accounts", "pricing", "catalog", "order_export")
SERVICES: Final = (*PUBLISHERS, "analytics")


@pytest.fixture
async def trade(system: System, tmp_path: Path) -> AsyncIterator[Trade]:
    """A shop whose orders are pushed to its ERP."""
    shop = await open_shop(system)
    async with pushed_erp(tmp_path, "books") as erp:
        await shop.connect(**erp.settings(looks_up=True))
        yield Trade(shop, erp.ledger, random.Random(OUTAGE))


async def _block(shop: Shop, grade: str) -> None:
    await shop.staff.change(f"/admin/v1/accounts/{shop.account_id}", {"platform_block": grade})


async def _is_out(user: Caller) -> bool:
    return (await user.send("GET", "/v1/me")).status_code in (401, 403)


async def _blocked_within(shop: Shop, seconds: float) -> float:
    """Blocks the account; after how many seconds its user was out."""
    since = time.monotonic()
    await _block(shop, "access")
    await until(lambda: _is_out(shop.user), seconds=seconds, what="the blocked user to be out")
    assert (await shop.user.send("GET", "/v1/products")).status_code in (401, 403)
    return time.monotonic() - since


@pytest.mark.parametrize("way", ["stopped", pytest.param("hanging", marks=pytest.mark.long)])
async def test_without_kafka_one_browses_orders_and_blocks_and_nothing_is_lost(
    system: System, trade: Trade, way: str
) -> None:
    blocked = await open_shop(system)
    outage = system.without_kafka() if way == "stopped" else system.hanging_kafka()
    async with outage, trade.going_on():
        until_over = time.monotonic() + OUTAGE
        after = await _blocked_within(blocked, 60)
        print(f"\nKafka {way}: a blocked user was out after {after:.1f} s")  # noqa: T201 - what was measured
        while time.monotonic() < until_over:
            assert FINE == await levels(trade.shop)
            await asyncio.sleep(1)
        # Orders reach the ERP without Kafka.
        booked = len(trade.ledger.bookings())
        await trade.order()
        await until(lambda: _more_than(trade, booked), seconds=60, what="an order to be booked meanwhile")
    await _ends_right(system, trade)


async def _more_than(trade: Trade, booked: int) -> bool:
    return len(trade.ledger.bookings()) > booked


async def _ends_right(system: System, trade: Trade) -> None:
    await settled(system, [trade])
    outcome = await reckon(system, trade)
    # `levels` places orders as well, under keys of its own.
    assert outcome.orders >= outcome.keys
    assert not [fault for fault in outcome.faults if "nobody asked for" not in fault]


@pytest.mark.long
async def test_without_asking_accounts_a_blocked_user_stays_in_while_kafka_is_down(
    system: System, fates: Fates
) -> None:
    shop = await open_shop(system)
    async with fates.mutated(system, "ask_nobody", "gateway-api"), system.without_kafka():
        await _block(shop, "access")
        await asyncio.sleep(12)
        assert not await _is_out(shop.user)


@pytest.mark.long
async def test_without_kafka_a_visibility_rule_is_seen_within_a_minute(system: System) -> None:
    shop = await open_shop(system)
    hidden = shop.product_ids[0]
    async with system.without_kafka():
        rule = {"effect": "hide", "owner_kind": "account", "owner_id": shop.account_id}
        await shop.staff.post(
            "/admin/v1/visibility-rules", rule | {"targets": [{"target": "product", "id": hidden}]}
        )

        async def gone() -> bool:
            page = await shop.user.get("/v1/products")
            return hidden not in {item["id"] for item in page["items"]}

        await until(gone, seconds=75, what="the rule to be seen")


async def _relays_know(system: System) -> bool:
    """Whether every relay has met the present Kafka; then topics and states are told, or will be."""
    cluster = await Cluster.connect(system.kafka.bootstrap)
    try:
        present = await cluster.id()
    finally:
        await cluster.close()
    known = set()
    for service in PUBLISHERS:
        async with database(system, service) as connection:
            known.add(await connection.fetchval("SELECT cluster_id FROM relay_state"))
    return known == {present}


async def _published(system: System) -> bool:
    """Whether every service's outbox has been published."""
    waiting = 0
    for service in SERVICES:
        async with database(system, service) as connection:
            waiting += await connection.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NULL")
    return waiting == 0


async def _all_read(system: System, since: datetime) -> bool:
    """Whether every consumer group stood at the end when it was last measured, after a moment."""
    for service in SERVICES:
        async with database(system, service) as connection:
            statement = "SELECT lag = 0 AND measured_at > $1 FROM consumer_state"
            if not await connection.fetchval(statement, since):
                return False
    return True


async def _untold(system: System) -> list[str]:
    """States whose newest version is not in Kafka."""
    untold: list[str] = []
    for file in topic_files(REPOSITORY / "contracts"):
        if file.kind is not Kind.STATE:
            continue
        async with database(system, file.owner) as connection:
            statement = "SELECT key, max(version) AS newest FROM outbox WHERE topic = $1 GROUP BY key"
            rows = await connection.fetch(statement, file.topic)
        told = await told_versions(system, file.topic)
        untold += [
            f"{file.topic} {row['key']}" for row in rows if row["newest"] not in told.get(row["key"], [])
        ]
    return untold


async def _figures(trade: Trade) -> list[Any]:
    """What analytics knows from state."""
    staff = await trade.shop.system.staff()
    found = [
        (await staff.send("GET", "/admin/v1/analytics/turnover", params={"by": by, "limit": 200})).content
        for by in ("day", "account", "product", "channel")
    ]
    activity = await staff.send("GET", "/admin/v1/analytics/account-activity/counts")
    return [*found, activity.content]


async def _republish(system: System) -> None:
    """What a person can do: tell everything again."""
    argv = [sys.executable, "-m", "order_export", "republish"]
    await asyncio.to_thread(run_once, "republish", argv, env=system.children["order_export-worker"].env)
    await until(lambda: _published(system), seconds=60, what="everything to be published")
    await until(lambda: _none_untold(system), seconds=60, what="everything to be told")


async def _none_untold(system: System) -> bool:
    return await _untold(system) == []


async def _is_as_ever(system: System, trade: Trade) -> None:
    """A new consumer finds everything in the new Kafka; notices and revocations arrive as before."""
    await settled(system, [trade])
    figures = await _figures(trade)
    worker = system.children["analytics-worker"]
    await asyncio.to_thread(worker.stop)
    argv = [sys.executable, "-m", "analytics", "rebuild"]
    await asyncio.to_thread(run_once, "rebuild", argv, env=worker.env)
    await system.start_again("analytics-worker")

    async def rebuilt() -> bool:
        return await _figures(trade) == figures

    await until(rebuilt, seconds=120, what="the figures to be rebuilt")
    term = f"term {trade.shop.code}"
    staff = await system.staff()

    async def noticed() -> bool:
        await trade.shop.user.get("/v1/products", q=term)
        page = await staff.get("/admin/v1/analytics/searches", limit=200)
        return term in {item["term"] for item in page["items"]}

    await until(noticed, seconds=60, what="a search to be counted")
    await _blocked_within(trade.shop, 60)


@pytest.mark.long
@pytest.mark.parametrize("protected", [True, False])
async def test_an_empty_kafka_is_filled_again_and_without_republishing_it_is_not(
    system: System, fates: Fates, trade: Trade, protected: bool
) -> None:
    for _ in range(5):
        await trade.order()
    await settled(system, [trade])
    # What these have not read yet when Kafka loses it can only come from republishing.
    behind = ("analytics-worker", "catalog-worker")
    for name in behind:
        await asyncio.to_thread(system.children[name].kill)
    for _ in range(5):
        await trade.order()
    await until(lambda: _published(system), seconds=60, what="orders to be published")
    mutation: AbstractAsyncContextManager[Any] = (
        nullcontext() if protected else fates.mutated(system, "publish_nothing_again", "order_export-worker")
    )
    async with mutation:
        async with system.without_kafka(emptied=True):
            until_over = time.monotonic() + OUTAGE
            while time.monotonic() < until_over:
                await trade.order()
                await asyncio.sleep(2)
        await system.start_again(*behind)
        await until(lambda: _relays_know(system), seconds=120, what="all relays to know the new Kafka")
        await until(lambda: _published(system), seconds=120, what="everything to be published")
        since = datetime.now(UTC)
        await until(lambda: _all_read(system, since), seconds=120, what="everything to be read")
        outcome = await reckon(system, trade)
        assert protected is (outcome.faults == ())
        assert protected is (await _untold(system) == [])
    if not protected:
        await _republish(system)
    await _is_as_ever(system, trade)
