"""Revocations end tokens at the door: by their topic, and by asking accounts while the topic is silent."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
import orjson
import pytest

from chassis.ids import new_id
from chassis.loops import pause
from chassis.principal import Caller
from eventing.envelope import HEARTBEAT_KEY, HEARTBEAT_VALUE
from gateway.consumers import CHANNEL, REVOCATION
from gateway.events import SEARCH, VIEW
from services.gateway.tests.conftest import Door
from services.gateway.tests.support.neighbours import Neighbours
from testkit.kafka import Broker, Message


def state(topic: str, key: str, value: Mapping[str, object], version: int = 1) -> Message:
    """A state as accounts' relay writes it."""
    headers = {
        "ce_specversion": "1.0", "ce_id": new_id(), "ce_type": f"{topic}.v1", "ce_source": "/kontor/accounts",
        "ce_subject": key, "ce_time": "2026-03-02T09:00:00Z", "ce_sequence": str(version),
    }  # fmt: skip
    pairs = tuple((name, text.encode()) for name, text in headers.items())
    return Message(key, orjson.dumps(value), pairs)


def revocation(kind: str, subject: str) -> dict[str, object]:
    """Tokens of the subject issued until now have ended."""
    key = f"{kind}:{subject}"
    return {"id": key, "subject_kind": kind, "subject_id": subject, "not_before": int(time.time() * 1000) + 1}


@asynccontextmanager
async def beating(kafka: Broker) -> AsyncIterator[None]:
    """A heartbeat every half second, as long as the block runs."""

    stop = asyncio.Event()

    async def beat() -> None:
        while not stop.is_set():
            await kafka.produce(REVOCATION.topic, [Message(HEARTBEAT_KEY, HEARTBEAT_VALUE)])
            await pause(stop, 0.5)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        stop.set()
        await task


@pytest.fixture
async def topics(kafka: Broker) -> Broker:
    """A broker with the topics the gateway follows and writes."""
    await kafka.create_topics([REVOCATION.topic, CHANNEL.topic, SEARCH.name, VIEW.name])
    return kafka


async def _status(gateway: httpx.AsyncClient, headers: dict[str, str], path: str = "/v1/orders") -> int:
    return (await gateway.get(path, headers=headers)).status_code


async def _seconds_until_out(gateway: httpx.AsyncClient, headers: dict[str, str], path: str) -> float:
    started = time.monotonic()
    while await _status(gateway, headers, path) != httpx.codes.UNAUTHORIZED:
        assert time.monotonic() - started < 10
        await asyncio.sleep(0.01)
    return time.monotonic() - started


@pytest.mark.parametrize(
    ("kind", "subject"),
    [("account", "acc"), ("login", "log"), ("user", "usr"), ("role", "rol"), ("client", "shop")],
)
async def test_a_revoked_subject_is_out_within_a_second_on_composed_and_passed_operations(
    door: Door, neighbours: Neighbours, topics: Broker, kind: str, subject: str
) -> None:
    # Subjects of their own: the topic keeps what other tests wrote.
    changes = {f"{kind}_id" if kind != "user" else "subject": f"{subject}-{new_id()}"}
    headers = neighbours.tokens.headers(**changes)
    (revoked,) = changes.values()
    async with beating(topics), door(kafka_bootstrap=topics.bootstrap) as gateway:
        paths = ("/v1/orders", "/v1/products", "/admin/v1/accounts/1")
        assert [200, 200, 200] == [await _status(gateway, headers, path) for path in paths]
        message = state(REVOCATION.topic, f"{kind}:{revoked}", revocation(kind, revoked))
        await topics.produce(REVOCATION.topic, [message])
        assert await _seconds_until_out(gateway, headers, "/v1/orders") < 1
        assert [401, 401, 401] == [await _status(gateway, headers, path) for path in paths]
        later = neighbours.tokens.headers(issued_at=int(time.time() * 1000) + 2, **changes)
        assert 200 == await _status(gateway, later)
        assert 200 == await _status(gateway, neighbours.tokens.headers())


async def test_staff_and_clients_are_out_too(door: Door, neighbours: Neighbours, topics: Broker) -> None:
    async with beating(topics), door(kafka_bootstrap=topics.bootstrap) as gateway:
        for caller in (Caller.STAFF, Caller.CLIENT):
            subject = new_id()
            headers = neighbours.tokens.headers(caller=caller, subject=subject, account_id=None)
            assert 200 == await _status(gateway, headers)
            key = f"{caller.value}:{subject}"
            value = revocation(caller.value, subject)
            await topics.produce(REVOCATION.topic, [state(REVOCATION.topic, key, value)])
            assert await _seconds_until_out(gateway, headers, "/v1/orders") < 1


async def test_what_was_revoked_before_the_gateway_started_is_out_from_its_first_answer(
    door: Door, neighbours: Neighbours, topics: Broker
) -> None:
    account = new_id()
    message = state(REVOCATION.topic, f"account:{account}", revocation("account", account))
    neighbours.accounts_answers = False
    headers = neighbours.tokens.headers(account_id=account)
    await topics.produce(REVOCATION.topic, [message])
    async with beating(topics), door(kafka_bootstrap=topics.bootstrap) as gateway:
        assert 401 == await _status(gateway, headers)


async def test_without_kafka_accounts_is_asked_and_a_revoked_account_is_out_within_a_second(
    gateway: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    headers = neighbours.tokens.headers()
    assert 200 == await _status(gateway, headers)
    neighbours.revocations.append(revocation("account", "account-1"))
    assert await _seconds_until_out(gateway, headers, "/v1/orders") < 1
    report = (await gateway.get("/readyz")).json()
    assert ("degraded", True) == (report["state"], report["checks"]["revocations"]["asks_accounts"])


async def test_with_kafka_and_accounts_gone_known_tokens_go_on_and_known_revocations_hold(
    gateway: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    out = neighbours.tokens.headers(account_id="account-2")
    neighbours.revocations.append(revocation("account", "account-2"))
    await _seconds_until_out(gateway, out, "/v1/orders")
    neighbours.accounts_answers = False
    await asyncio.sleep(1.2)
    assert 401 == await _status(gateway, out)
    assert 200 == await _status(gateway, neighbours.tokens.headers())


async def test_channels_origins_are_allowed_and_taken_away_by_their_topic(
    door: Door, neighbours: Neighbours, topics: Broker
) -> None:
    channel, shop = new_id(), {"Origin": f"https://{new_id()}.example"}
    known = {"id": channel, "code": "shop", "name": "Shop", "origins": [shop["Origin"]]}
    gone = {"id": channel, "deleted": True}

    async def asked(channel_id: str) -> httpx.Response:
        headers = neighbours.tokens.headers(channel_id=channel_id) | shop
        return await gateway.get("/v1/orders", headers=headers)

    async def until(allowed: str | None) -> None:
        for _ in range(200):
            answer = await asked(channel)
            if allowed == answer.headers.get("access-control-allow-origin"):
                return
            await asyncio.sleep(0.05)
        pytest.fail(f"the origin is not {allowed}")

    async with beating(topics), door(kafka_bootstrap=topics.bootstrap) as gateway:
        await topics.produce(CHANNEL.topic, [state(CHANNEL.topic, channel, known)])
        await until(shop["Origin"])
        assert "access-control-allow-origin" not in (await asked(new_id())).headers
        nobody = await gateway.get("/v1/orders", headers=shop)
        assert (401, shop["Origin"]) == (nobody.status_code, nobody.headers["access-control-allow-origin"])
        await topics.produce(CHANNEL.topic, [state(CHANNEL.topic, channel, gone, 2)])
        await until(None)


async def test_searching_and_opening_a_product_are_noticed(
    door: Door, neighbours: Neighbours, topics: Broker
) -> None:
    user = new_id()
    headers = neighbours.tokens.headers(subject=user)
    opened = "018f0000-0000-7000-8000-000000000001"
    async with beating(topics), door(kafka_bootstrap=topics.bootstrap) as gateway:
        for query in ("q=tea", "q=nothing", "q=tea&include=total", "q=tea&cursor=x", "limit=1"):
            await gateway.get(f"/v1/products?{query}", headers=headers)
        await gateway.get(f"/v1/products/{opened}", headers=headers)
        await asyncio.sleep(1)
    searches = [
        orjson.loads(found.value or b"")
        for found in await topics.read_topic(SEARCH.name)
        if found.key == user
    ]
    views = [
        orjson.loads(found.value or b"") for found in await topics.read_topic(VIEW.name) if found.key == user
    ]
    assert [("tea", 3), ("nothing", 0), ("tea", 41)] == [
        (found["term"], found["results"]) for found in searches
    ]
    assert [(opened, "account-1", "channel-1")] == [
        (found["product_id"], found["account_id"], found["channel_id"]) for found in views
    ]
