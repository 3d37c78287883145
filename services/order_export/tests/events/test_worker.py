"""The worker on real PostgreSQL and Kafka: what is heard takes effect, what happened is told."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import select, text

from chassis.clock import SystemClock, milliseconds
from chassis.ids import new_id
from order_export import events
from order_export.republishing import republishers
from order_export.tables import account, product
from order_export.worker import make_worker
from services.order_export.tests.support.neighbours import Neighbours
from services.order_export.tests.support.service import Service, running
from testkit.kafka import Broker, Message

CONTRACTS = Path(__file__).parents[4] / "contracts"
AS_THEY_ARE, RAISED = False, True
CONSUMED = ("accounts.account", "accounts.user", "catalog.product")


def state(topic: str, key: str, version: int, value: dict[str, Any]) -> Message:
    """A state event as another service writes it."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": new_id(),
        "ce_type": f"{topic}.v1",
        "ce_source": "/kontor/test",
        "ce_subject": key,
        "ce_time": "2026-03-02T09:00:00Z",
        "ce_dataschema": f"urn:kontor:events:{topic}:v1",
        "ce_sequence": str(version),
    }
    pairs = tuple((name, content.encode()) for name, content in headers.items())
    return Message(key, json.dumps({"id": key, **value}).encode(), pairs)


async def until(condition: Any, seconds: float = 30) -> Any:
    """Waits until the coroutine function gives something true, and gives it."""
    async with asyncio.timeout(seconds):
        while True:
            found = await condition()
            if found:
                return found
            await asyncio.sleep(0.1)


@pytest.fixture
async def working(
    database_url: str, neighbours: Neighbours, kafka: Broker
) -> AsyncIterator[tuple[Service, Broker]]:
    """The service with its worker running."""
    await kafka.create_topics(CONSUMED, 6, {"cleanup.policy": "compact"})
    changes = {"kafka_bootstrap": kafka.bootstrap, "contracts_dir": CONTRACTS}
    async with running(database_url, neighbours, SystemClock(), **changes) as service:
        _, loops, close = await make_worker(service.settings, CollectorRegistry())
        stop = asyncio.Event()
        tasks = [asyncio.ensure_future(loop(stop)) for loop in loops]
        yield service, kafka
        stop.set()
        await asyncio.gather(*tasks)
        await close()


async def told(kafka: Broker, topic: str, key: str) -> list[dict[str, Any]]:
    """The states told of a key, oldest first."""
    found = [message for message in await kafka.read_topic(topic) if message.key == key and message.value]
    return [json.loads(message.value or b"") for message in found]


async def test_a_placed_order_is_told_with_its_evidence_and_again_with_every_answer(
    working: tuple[Service, Broker],
) -> None:
    service, kafka = working
    await service.connector()
    placed = await service.order(quantity="2", price="10")
    [claimed] = await service.claim()
    await service.report(claimed["export_id"], "acknowledge", fence=1, erp_order_number="E1")

    async def exported() -> list[dict[str, Any]]:
        states = await told(kafka, "orders.order", placed["id"])
        return states if states and states[-1]["status"] == "exported" else []

    states = await until(exported)
    assert [events.OrderState.model_validate(one).status for one in states] == ["received", "exported"]
    assert states[0]["lines"][0]["evidence"]["price_row_id"].startswith("row-")
    assert {"amount": "20.00", "currency": "EUR"} == states[-1]["total"]
    exports = await until(lambda: told(kafka, "orders.export", claimed["export_id"]))
    assert ["READY", "SENDING", "ACKNOWLEDGED"] == [one["state"] for one in exports]


async def test_a_block_that_is_heard_stops_orders_and_an_older_event_does_not_lift_it(
    working: tuple[Service, Broker],
) -> None:
    service, kafka = working
    account_id, product_id = service.neighbours.add_account(), service.neighbours.add_product()
    version = milliseconds(SystemClock().now())
    value = {"source": "erp", "external_id": "C1", "number": "1", "unknown_field": 1}
    blocked = state("accounts.account", account_id, version, {**value, "block": "orders"})
    older = state("accounts.account", account_id, version - 1, {**value, "block": "none"})
    last = state(
        "catalog.product", product_id, 1, {"source": "erp", "external_id": "S", "lifecycle": "active"}
    )
    await kafka.produce("accounts.account", [blocked, older])
    await kafka.produce("catalog.product", [last])

    async def heard() -> bool:
        async with service.database.read() as reader:
            known = await reader.scalar(select(account.c.block).where(account.c.id == account_id))
            also = await reader.scalar(select(product.c.id).where(product.c.id == product_id))
        return known is not None and also is not None

    await until(heard)
    headers = service.tokens.user(account_id) | {"Idempotency-Key": "k"}
    body = {"lines": [{"product_id": product_id, "quantity": "1"}]}
    answer = await service.http.post("/v1/orders", json=body, headers=headers)
    assert (403, "account_on_hold") == (answer.status_code, answer.json()["code"])


async def test_republishing_tells_every_order_and_export_again_with_the_same_state(service: Service) -> None:
    await service.connector()
    placed = await service.order()
    await service.claim()
    async with service.database.transaction() as tx:
        first = {
            (row["topic"], row["key"], row["version"]): json.loads(row["payload"])
            for row in await tx.all(text("SELECT * FROM outbox ORDER BY id"))
        }
        again = [
            event
            for republisher in republishers(service.wiring)
            for event in await republisher.read_chunk(tx, None, 100, AS_THEY_ARE)
        ]
        bumped = await republishers(service.wiring)[0].read_chunk(tx, None, 100, RAISED)
    assert 2 == len(again)
    for event in again:
        assert event.value is not None
        assert first[event.topic.name, event.key, event.version] == json.loads(event.value.model_dump_json())
    assert placed["id"] == bumped[0].key
    assert (bumped[0].version or 0) > (again[0].version or 0)
