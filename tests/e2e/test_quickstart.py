"""The quickstart month, all of it: fed, ordered day by day, exported once, answered, counted to the cent."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from local_stack.client import Caller, until
from local_stack.erp import Booking, Erp, user_mail
from local_stack.quickstart import CURRENCY, UNIT, Document, Quickstart
from local_stack.state import REPOSITORY
from local_stack.story import CHANNEL
from tests.support.system import System

PASSWORD = "a password for the replay"


@dataclass
class Replay:
    """The month as it was played: receipts by invoice, and the ERP that pulled them."""

    system: System
    data: Quickstart
    erp: Erp
    users: dict[str, Caller]
    product_ids: dict[str, str]
    receipts: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def play_day(self, day: date) -> None:
        """Prices valid on the day first, then its orders, all at once, each by its customer's user."""
        await self.erp.feed_prices(self.data.prices_on(day))
        orders = self.data.orders_of(day)
        for order, receipt in zip(orders, await asyncio.gather(*map(self._place, orders)), strict=True):
            self.receipts[order.invoice] = receipt

    async def _place(self, order: Document) -> dict[str, Any]:
        lines = [
            {
                "product_id": self.product_ids[line.sku],
                "unit": UNIT,
                "quantity": str(line.quantity),
                "expected_net_price": str(line.price),
            }
            for line in order.lines
        ]
        user = self.users[order.customer]
        body = {"lines": lines, "customer_reference": order.invoice}
        # Sent twice at once: the key makes one order of it, and both get the same bytes.
        headers = {"Idempotency-Key": f"replay-{order.invoice}"}
        answers = await asyncio.gather(
            *(user.send("POST", "/v1/orders", json=body, headers=headers) for _ in range(2))
        )
        assert [201, 201] == [answer.status_code for answer in answers], answers[0].text
        assert answers[0].content == answers[1].content
        receipt: dict[str, Any] = answers[0].json()
        return receipt

    async def pull_all(self) -> None:
        """The ERP pulls until it has every order, and confirms them."""

        async def pulled() -> bool:
            booked = await self.erp.pull()
            if booked:
                await self.erp.confirm(booked)
            return len(self.erp.booked) >= len(self.receipts)

        await until(pulled, seconds=60, what="every order to reach the ERP")


async def _user_id(staff: Caller, customer: str) -> str:
    account = (await staff.get("/admin/v1/accounts", external_id=customer))["items"][0]
    users = (await staff.get("/admin/v1/users", account_id=account["id"]))["items"]
    return str(next(user["id"] for user in users if user["email"] == user_mail(customer)))


async def _users(system: System, customers: Sequence[str]) -> dict[str, Caller]:
    staff = await system.staff()
    mails = {customer: user_mail(customer) for customer in customers}
    ids = [await _user_id(staff, customer) for customer in customers]
    await staff.post("/admin/v1/users/send-invitations", {"user_ids": ids})
    users = {}
    for customer, mail in mails.items():
        token = await until(lambda mail=mail: system.story.mailed_token(mail), what=f"the mail to {mail}")
        accepted = await system.platform.send(
            "POST", "/v1/invitations/accept", json={"token": token, "password": PASSWORD}
        )
        assert accepted.status_code == 204, accepted.text
        users[customer] = await system.platform.user(mail, PASSWORD, CHANNEL)
    return users


async def _product_ids(user: Caller, data: Quickstart) -> dict[str, str]:
    skus = [product.sku for product in data.products if not product.is_charge]

    async def all_visible() -> dict[str, str]:
        found: dict[str, str] = {}
        for start in range(0, len(skus), 100):
            body = {"items": [{"code": sku} for sku in skus[start : start + 100]]}
            answer = await user.send("POST", "/v1/products/resolve", json=body)
            if answer.status_code != 200 or any(
                item["status"] != "matched" for item in answer.json()["items"]
            ):
                return {}
            found |= {item["code"]: item["products"][0]["id"] for item in answer.json()["items"]}
        return found

    ids: dict[str, str] = await until(all_visible, seconds=60, what="the assortment to be visible")
    return ids


@pytest.fixture(scope="module")
async def replay(system: System) -> Replay:
    """The whole month, played once."""
    data = Quickstart.read(REPOSITORY / "data/quickstart")
    staff = await system.staff()
    erp = await system.story.connect_erp(staff)
    await system.story.feed(erp, data.days[0])
    await system.story.open_assortment(staff)
    users = await _users(system, [customer.number for customer in data.customers])
    any_user = next(iter(users.values()))
    replay = Replay(system, data, erp, users, await _product_ids(any_user, data))
    for day in data.days:
        await replay.play_day(day)
    await replay.pull_all()
    return replay


def differences(data: Quickstart, bookings: Sequence[Booking]) -> list[str]:
    """Invoices that an ERP has not booked once and with the amount of the source, and what it has besides."""
    expected = {order.invoice: [(1, order.total)] for order in data.orders if order.lines}
    booked: defaultdict[str, list[tuple[int, Decimal]]] = defaultdict(list)
    for booking in bookings:
        booked[booking.order["customer_reference"]].append((booking.deliveries, booking.amount))
    return [
        f"{invoice}: {expected.get(invoice)}, booked {booked.get(invoice)}"
        for invoice in sorted(expected.keys() | booked.keys())
        if expected.get(invoice) != booked.get(invoice)
    ]


async def test_the_erp_books_each_order_once_with_the_amount_of_the_source(replay: Replay) -> None:
    bookings = list(replay.erp.booked.values())
    assert [] == differences(replay.data, bookings)

    source = {
        row["invoice"]: Decimal(row["amount_exact"]) for row in replay.data.expected if row["kind"] == "order"
    }
    assert source == {order.invoice: order.exact + order.charged for order in replay.data.orders}
    exact = sum((order.exact for order in replay.data.orders), Decimal(0))
    charged = sum((order.charged for order in replay.data.orders), Decimal(0))
    total = sum((booking.amount for booking in bookings), Decimal(0))
    print(f"{len(bookings)} orders, {total} {CURRENCY}; rounding {total - exact}; charges apart {charged}")  # noqa: T201 - the figures of the replay


async def test_an_erp_that_drops_doubles_or_moves_a_cent_is_found_out(replay: Replay) -> None:
    first, second, *others = replay.erp.booked.values()
    line = first.order["lines"][0]
    dearer = {**line, "line_amount": str(Decimal(line["line_amount"]) + Decimal("0.01"))}
    moved = replace(first, order={**first.order, "lines": [dearer, *first.order["lines"][1:]]})
    for books in (
        [second, *others],
        [first, first, second, *others],
        [replace(first, deliveries=2), second, *others],
        [moved, second, *others],
    ):
        assert 1 == len(differences(replay.data, books))


async def test_each_user_reads_the_answer_to_its_orders_and_no_other(replay: Replay) -> None:
    for customer, user in replay.users.items():
        mine = {order.invoice for order in replay.data.orders if order.customer == customer and order.lines}

        async def confirmed(user: Caller = user, mine: set[str] = mine) -> bool:
            items = (await user.get("/v1/orders", limit=200))["items"]
            found = {item["customer_reference"] for item in items}
            assert found <= mine
            return found == mine and all(item["status"] == "confirmed" for item in items)

        await until(confirmed, what=f"customer {customer} to read the answers")


async def test_the_figures_add_up_to_the_same_sum_for_every_customer(replay: Replay) -> None:
    expected: dict[str, Decimal] = defaultdict(Decimal)
    for order in replay.data.orders:
        if order.lines:
            expected[order.customer] += order.total
    staff = await replay.system.staff()
    pages = [await staff.get("/admin/v1/accounts", external_id=customer) for customer in expected]
    accounts = {page["items"][0]["id"]: page["items"][0]["external_id"] for page in pages}

    async def counted() -> bool:
        items = (await staff.get("/admin/v1/analytics/turnover", by="account", limit=200))["items"]
        found = [item for item in items if item["key"] in accounts]
        sums = {accounts[item["key"]]: Decimal(item["turnover"]["amount"]) for item in found}
        return dict(expected) == sums and len(sums) == len(found)

    await until(counted, seconds=60, what="the figures to add up")
