"""From an empty platform to one that can be ordered from: connected, fed, opened, and its users at home."""

import asyncio
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from local_stack.client import Platform, Refused, until
from local_stack.erp import Erp, price_row, user_mail
from local_stack.quickstart import CURRENCY, UNIT, CustomerPrice
from local_stack.story import CHANNEL
from tests.acceptance.callers import Lasting, every_item, lasting_machine, lasting_staff, lasting_user
from tests.acceptance.trade import PriceList, Trade
from tests.support.system import System

PATIENCE: Final = 300.0
_INVITED_AT_ONCE: Final = 40  # the mail catcher keeps the last 50
_LOGINS_AT_ONCE: Final = 4  # a password takes CPU to check; more at once only wait


@dataclass
class Wholesaler:
    """The platform as this trade uses it. `times` has the seconds that each step took."""

    system: System
    trade: Trade
    staff: Lasting
    machine: Lasting
    erp: Erp
    users: dict[str, Lasting] = field(default_factory=dict)
    times: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def platform(self) -> Platform:
        """The gateway."""
        return self.system.platform

    @classmethod
    async def connect(cls, system: System, trade: Trade) -> "Wholesaler":
        """Registers the ERP's client, its connector and a channel."""
        access = system.access
        staff = lasting_staff(system.platform, access.administrator, access.administrator_password)
        await system.story.connect_erp(staff)
        machine = lasting_machine(system.platform, access.client, access.client_secret)
        return cls(system, trade, staff, machine, Erp(machine, patience=PATIENCE))

    async def feed_everything(self) -> None:
        """All customers, one buyer each, all products, and all customer prices with their dates."""
        with self.timed("import customers and users"):
            await self._count("customers", self._feed_customers())
        with self.timed("import products"):
            units = [{"external_id": UNIT, "name": "Piece", "rec20_code": "H87", "decimals": 0}]
            await self.erp.feed_ndjson("units", units)
            await self._count("products", self.erp.feed_ndjson("products", self._products()))
        with self.timed("import customer prices with dates"):
            prices = (dated(price) for price in self.trade.product_prices)
            await self._count("customer prices", self.erp.feed_ndjson("prices", prices))
        with self.timed("until pricing knows every product"):
            await until(self._resolved, seconds=PATIENCE, what="pricing to know every product")

    async def feed_day(self, prices: PriceList) -> None:
        """The prices of one day, as a full feed without dates: whatever else there was, ends."""
        await self.erp.feed_prices(prices.rows)

    async def open_assortment(self) -> None:
        """A catalogue of everything, for everybody."""
        await self.system.story.open_assortment(self.staff)

    async def welcome(self, customers: Sequence[str]) -> None:
        """Invites these customers' users by mail; each chooses a password and logs in."""
        found = await every_item(self.staff, "/admin/v1/users")
        ids = {user["email"]: user["id"] for user in found}
        gate = asyncio.Semaphore(_LOGINS_AT_ONCE)
        for start in range(0, len(customers), _INVITED_AT_ONCE):
            chunk = customers[start : start + _INVITED_AT_ONCE]
            invited = [ids[user_mail(customer)] for customer in chunk]
            await self.staff.post("/admin/v1/users/send-invitations", {"user_ids": invited})
            tokens = await self._mailed({user_mail(customer) for customer in chunk})
            await asyncio.gather(*(self._join(customer, tokens, gate) for customer in chunk))

    def timed(self, name: str) -> "_Timed":
        """Keeps the seconds of a block under its name, added up."""
        return _Timed(self.times, name)

    async def _count(self, name: str, feeding: Any) -> None:
        self.counts[name] = (await feeding)["counts"]["created"]

    async def _feed_customers(self) -> dict[str, Any]:
        customers = self.trade.customers
        names = {customer.number: f"Customer {customer.number}" for customer in customers}
        run = await self.erp.feed_csv(
            "accounts",
            [
                {"external_id": each.number, "number": each.number, "name": names[each.number]}
                | {"country": each.country, "currency": CURRENCY}
                for each in customers
            ],
        )
        await self.erp.feed_ndjson(
            "addresses",
            (
                {"external_id": f"{each.number}-1", "account": each.number, "name": names[each.number]}
                | {"country": each.country, "bill_to": True, "ship_to": True, "is_default": True}
                for each in customers
            ),
        )
        await self.erp.feed_ndjson(
            "users",
            (
                {"external_id": f"{each.number}-buyer", "account": each.number, "role": "buyer"}
                | {"email": user_mail(each.number)}
                for each in customers
            ),
        )
        return run

    def _products(self) -> Iterable[dict[str, Any]]:
        for product in self.trade.products:
            yield {"external_id": product.sku, "description": product.description, "base_unit": UNIT}

    async def _resolved(self) -> bool:
        page = await self.staff.get("/admin/v1/prices", unresolved="true", limit=1)
        return not page["items"]

    async def _mailed(self, mails: set[str]) -> dict[str, str]:
        async def arrived() -> dict[str, str] | None:
            tokens = await self.system.story.mailed_tokens()
            return tokens if mails <= tokens.keys() else None

        tokens: dict[str, str] = await until(
            arrived, seconds=PATIENCE, what=f"{len(mails)} invitations by mail"
        )
        return tokens

    async def _join(self, customer: str, tokens: dict[str, str], gate: asyncio.Semaphore) -> None:
        mail, password = user_mail(customer), secrets.token_urlsafe(12)
        user = lasting_user(self.platform, mail, password, CHANNEL)
        async with gate:
            await self._choose_password(tokens[mail], password)
            await user.log_in()
        self.users[customer] = user

    async def _choose_password(self, token: str, password: str) -> None:
        body = {"token": token, "password": password}

        async def accepted() -> httpx.Response | None:
            answer = await self.platform.send("POST", "/v1/invitations/accept", json=body)
            return None if answer.status_code == 503 else answer

        answer: httpx.Response = await until(accepted, seconds=PATIENCE, what="an invitation to be accepted")
        if answer.status_code >= 400:
            raise Refused(answer)


def dated(price: CustomerPrice) -> dict[str, Any]:
    """A customer price as the price feed takes it, with its first and its last day."""
    last = {} if price.valid_to is None else {"valid_to": price.valid_to.isoformat()}
    return {**price_row(price), "valid_from": price.valid_from.isoformat(), **last}


class _Timed:
    def __init__(self, times: dict[str, float], name: str) -> None:
        self._times, self._name = times, name

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        seconds = time.perf_counter() - self._started
        self._times[self._name] = self._times.get(self._name, 0.0) + seconds
