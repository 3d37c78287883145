"""Orders placed all the time by buyers who repeat what was not answered, and what became of them."""

import asyncio
import random
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import asyncpg
import httpx
import orjson

from eventing.kafka import Cluster
from eventing.topics import topic_files
from local_stack.client import Caller, Refused, until
from local_stack.state import REPOSITORY
from testkit.kafka import Broker
from tests.faults.support.ledger import Ledger
from tests.support.shop import Shop
from tests.support.system import System

PAUSE_SECONDS: Final = 0.6
# What was refused is tried again at this pace: faster would only take the time of those that start again.
RETRY_SECONDS: Final = 0.5
TOPICS: Final = ("orders.order", "orders.export")
OPEN: Final = ("READY", "CLAIMED", "SENDING", "UNKNOWN", "RECONCILING")
# Leases, a relay's take-over and a consumer group's time-out lie within it, one after another.
PATIENCE: Final = 300


@dataclass
class Trade:
    """The buyers of a shop, and the ERP's ledger behind it. `answers` by key: what an order was answered."""

    shop: Shop
    ledger: Ledger
    chance: random.Random
    answers: dict[str, set[bytes]] = field(default_factory=dict)
    user: Caller = field(init=False)

    def __post_init__(self) -> None:
        self.user = self.shop.user

    async def order(self) -> None:
        """Places one order, now and then as two requests at once, each repeated until it is answered."""
        body = {
            "lines": [{"product_id": self.shop.product_ids[0], "quantity": str(self.chance.randint(1, 9))}]
        }
        key = secrets.token_hex(8)
        copies = self.chance.choice((1, 1, 2))
        answers = await asyncio.gather(*(self._answer(key, body) for _ in range(copies)))
        self.answers[key] = set(answers)

    async def _answer(self, key: str, body: dict[str, Any]) -> bytes:
        while True:
            try:
                headers = {"Idempotency-Key": key}
                answer = await self.user.send("POST", "/v1/orders", json=body, headers=headers)
            except httpx.TransportError:
                continue
            if answer.status_code == 201:
                return answer.content
            if answer.status_code == 401:
                self.user = await self.shop.user_again()
            elif answer.status_code < 500 and answer.json()["code"] != "idempotency_in_flight":
                raise Refused(answer)
            await asyncio.sleep(RETRY_SECONDS)

    @asynccontextmanager
    async def going_on(self, buyers: int = 3) -> AsyncIterator[None]:
        """Orders are placed beside the block; each that was begun is answered at its end."""
        stop = asyncio.Event()

        async def buy() -> None:
            while not stop.is_set():
                await self.order()
                await asyncio.sleep(self.chance.random() * 2 * PAUSE_SECONDS)

        async with asyncio.TaskGroup() as group:
            for _ in range(buyers):
                group.create_task(buy())
            try:
                yield
            finally:
                stop.set()


@dataclass(frozen=True)
class Reckoning:
    """What became of a trade's orders; each entry says which order and where."""

    keys: int
    orders: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    disordered: tuple[str, ...]

    @property
    def faults(self) -> tuple[str, ...]:
        """Everything that is not as it must be."""
        return self.lost + self.doubled + self.disordered


async def settled(system: System, trades: Sequence[Trade]) -> None:
    """Returns when no export is open, everything is published, and analytics has read it."""
    sources = [trade.shop.code for trade in trades]

    async def at_rest() -> bool:
        async with database(system, "order_export") as connection:
            waiting = await connection.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NULL")
            statement = "SELECT count(*) FROM order_export WHERE source = ANY($1) AND state = ANY($2)"
            still_open = await connection.fetchval(statement, sources, list(OPEN))
        return not waiting and not still_open and await lag(system, "analytics") == 0

    await until(at_rest, seconds=PATIENCE, what=f"the orders of {', '.join(sources)} to come to rest")


async def lag(system: System, group: str) -> int:
    """How many messages a service has not read yet, of all topics there are."""
    topics = [file.topic for file in topic_files(REPOSITORY / "contracts") if group in file.consumers]
    cluster = await Cluster.connect(system.kafka.bootstrap)
    try:
        partitions = await cluster.partitions(topics)
        ends, starts = await cluster.ends(partitions), await cluster.starts(partitions)
        read = await cluster.committed(group)
        return sum(max(end - max(read.get(part, 0), starts[part]), 0) for part, end in ends.items())
    finally:
        await cluster.close()


async def reckon(system: System, trade: Trade) -> Reckoning:
    """Compares answers, orders, the ERP's ledger, the topics and the figures."""
    async with database(system, "order_export") as connection:
        orders = await connection.fetch(
            "SELECT id, order_number, version, total FROM sales_order WHERE account_id = $1",
            trade.shop.account_id,
        )
        exports = await connection.fetch(
            "SELECT x.id, x.version, x.state, x.erp_order_number, o.order_number"
            " FROM order_export x JOIN sales_order o ON o.id = x.order_id WHERE o.account_id = $1",
            trade.shop.account_id,
        )
    numbers = Counter(order["order_number"] for order in orders)
    booked = Counter(booking.order_number for booking in trade.ledger.bookings())
    answered = [{orjson.loads(answer)["order_number"] for answer in each} for each in trade.answers.values()]
    lost = [f"{number} answered, not there" for each in answered for number in each - set(numbers)]
    lost += [f"{number} not booked" for number in numbers.keys() - booked.keys()]
    lost += [
        f"{export['order_number']} is {export['state']}"
        for export in exports
        if export["state"] != "ACKNOWLEDGED"
    ]
    doubled = [f"{number} booked {count} times" for number, count in booked.items() if count > 1]
    doubled += [f"{len(orders) - len(answered)} orders nobody asked for"] * (len(orders) != len(answered))
    doubled += [f"one key, orders {sorted(each)}" for each in answered if len(each) > 1]
    versions = {"orders.order": orders, "orders.export": exports}
    disordered: list[str] = []
    for topic, rows in versions.items():
        told = await told_versions(system, topic)
        wanted = {row["id"]: row["version"] for row in rows}
        lost += [
            f"{key} not told in {topic}" for key, last in wanted.items() if last not in told.get(key, [])
        ]
        disordered += [f"{key} in {topic}" for key in wanted if not in_order(told.get(key, []))]
    lost += await _missing_in_figures(trade, orders)
    return Reckoning(len(answered), len(orders), tuple(lost), tuple(doubled), tuple(disordered))


async def _missing_in_figures(trade: Trade, orders: Sequence[Any]) -> list[str]:
    """Empty when the wholesaler sees as many orders and as much turnover as there are."""
    staff = await trade.shop.system.staff()
    page = await staff.get("/admin/v1/analytics/turnover", by="account", account_id=trade.shop.account_id)
    found = [(item["orders"], Decimal(item["turnover"]["amount"])) for item in page["items"]]
    wanted = [(len(orders), sum((order["total"] for order in orders), Decimal(0)))]
    booked = sum((booking.amount for booking in trade.ledger.bookings()), Decimal(0))
    missing = [f"turnover is {found}, not {wanted}"] if found != wanted else []
    return missing + ([f"the ERP booked {booked}, not {wanted}"] if booked != wanted[0][1] else [])


async def told_versions(system: System, topic: str) -> dict[str, list[int]]:
    """The versions of each key of a topic, in the order in which Kafka has them."""
    found: dict[str, list[int]] = {}
    for message in await Broker(system.kafka.bootstrap).read_topic(topic):
        version = message.header("ce_sequence")
        if message.key is not None and version is not None:
            found.setdefault(message.key, []).append(int(version))
    return found


def in_order(versions: Sequence[int]) -> bool:
    """Whether each new version is higher than all before it; what was told may be told again."""
    newest: list[int] = []
    for version in versions:
        if version in newest:
            continue
        if newest and version < newest[-1]:
            return False
        newest.append(version)
    return True


@asynccontextmanager
async def database(system: System, service: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to a service's database."""
    connection = await asyncpg.connect(system.stack.database_url(system.stack.by_name[service]))
    try:
        yield connection
    finally:
        await connection.close()
