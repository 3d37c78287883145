"""A poisoned event parks its key in every service that listens; others flow on, a newer state frees it."""

import asyncio
import secrets
import time
from typing import Final

import orjson
import pytest

from chassis.ids import new_id
from local_stack.client import until
from testkit.kafka import Broker, Message
from tests.faults.support.fates import Fates
from tests.faults.support.trade import database
from tests.support.shop import Shop, open_shop
from tests.support.system import System

LISTENERS: Final = ("catalog", "pricing", "order_export", "analytics")
TOPIC: Final = "accounts.account"


@pytest.fixture(scope="module")
async def shops(system: System) -> tuple[Shop, Shop]:
    """One whose account is poisoned, and another."""
    return await open_shop(system), await open_shop(system)


async def _poisoned(system: System, shop: Shop, kind: str) -> bytes:
    """A broken state of the shop's account: unreadable, of another shape, or such as no database takes."""
    if kind == "unreadable":
        return b'{"id": "it breaks off'
    told = await Broker(system.kafka.bootstrap).read_topic(TOPIC)
    state = orjson.loads(
        next(one.value for one in reversed(told) if one.key == shop.account_id and one.value)
    )
    change = {"external_id": 7, "source": ["no"]} if kind == "of another shape" else {"external_id": "a\0b"}
    return orjson.dumps(state | change)


async def _publish(system: System, shop: Shop, value: bytes) -> None:
    """Past the outbox, as the account's newest state."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": new_id(),
        "ce_type": f"{TOPIC}.v1",
        "ce_source": "/kontor/accounts",
        "ce_subject": shop.account_id,
        "ce_time": "2026-01-01T00:00:00Z",
        "ce_sequence": str(int(time.time() * 1000)),
    }
    encoded = tuple((name, text.encode()) for name, text in headers.items())
    await Broker(system.kafka.bootstrap).produce(TOPIC, [Message(shop.account_id, value, encoded)])


async def _parked_in(system: System, shop: Shop) -> list[str]:
    """The services in which the account's key is parked."""
    found = []
    for service in LISTENERS:
        async with database(system, service) as connection:
            statement = "SELECT count(*) FROM parked WHERE topic = $1 AND key = $2"
            found += [service] * await connection.fetchval(statement, TOPIC, shop.account_id)
    return found


async def _regroup(shop: Shop) -> str:
    """The ERP moves the shop's account to another group, which is a newer state of its key."""
    group = f"group-{secrets.token_hex(4)}"
    row = {"external_id": f"{shop.code}-1", "name": shop.code, "currency": "EUR", "customer_group": group}
    await shop.client.post("/integration/v1/accounts", {"items": [row]})
    return group


async def _is_heard(system: System, shop: Shop, group: str) -> bool:
    """Whether pricing has heard of the account's group."""
    async with database(system, "pricing") as connection:
        statement = "SELECT customer_group FROM account WHERE id = $1"
        return bool(await connection.fetchval(statement, shop.account_id) == group)


@pytest.mark.parametrize(
    "kind", ["unreadable", "not storable", pytest.param("of another shape", marks=pytest.mark.long)]
)
async def test_a_poisoned_key_is_parked_while_others_flow_and_freed_by_a_newer_state(
    system: System, shops: tuple[Shop, Shop], kind: str
) -> None:
    shop, other = shops
    await _publish(system, shop, await _poisoned(system, shop, kind))

    async def parked() -> bool:
        return await _parked_in(system, shop) == list(LISTENERS)

    await until(parked, seconds=60, what="the key to be parked by everybody who listens")
    group = await _regroup(other)
    await until(lambda: _is_heard(system, other, group), seconds=60, what="others to flow on")
    assert await parked()
    group = await _regroup(shop)
    await until(lambda: _is_heard(system, shop, group), seconds=60, what="the newer state to be applied")

    async def free() -> bool:
        return await _parked_in(system, shop) == []

    await until(free, seconds=60, what="the key to be free again")


@pytest.mark.long
async def test_without_parking_a_poisoned_event_holds_up_all_others(
    system: System, fates: Fates, shops: tuple[Shop, Shop]
) -> None:
    shop, other = shops
    async with fates.mutated(system, "park_nothing", "pricing-worker"):
        await _publish(system, shop, await _poisoned(system, shop, "unreadable"))
        group = await _regroup(other)
        await asyncio.sleep(30)
        assert not await _is_heard(system, other, group)
    await until(lambda: _is_heard(system, other, group), seconds=60, what="others to flow on")
