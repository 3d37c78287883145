"""The main job, once, through the public surfaces, told in a few lines with real figures."""

import asyncio
import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import httpx

from local_stack.client import Caller, Platform, Refused, assign_catalogue, until
from local_stack.erp import SCOPES, Erp, user_mail
from local_stack.quickstart import CURRENCY, UNIT, Document, Quickstart

CHANNEL: Final = "webshop"
_LINK: Final = re.compile(r"token=([A-Za-z0-9_-]+)")
Tell = Callable[[str], None]


@dataclass
class Access:
    """What the demonstration logs in with; made at the first start, kept where only the owner reads it."""

    administrator: str
    administrator_password: str
    client: str = "erp"
    client_secret: str = ""
    user: str = ""
    user_password: str = ""

    def save(self, path: Path) -> None:
        """Writes it, readable by the owner alone."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self), indent=2))

    @classmethod
    def load(cls, path: Path) -> "Access | None":
        """What an earlier start wrote, None if there was none."""
        return cls(**json.loads(path.read_text())) if path.exists() else None


class Story:
    """Plays the main job on the quickstart data."""

    def __init__(
        self, platform: Platform, mails_url: str, data: Quickstart, access: Access, tell: Tell
    ) -> None:
        self._platform = platform
        self._mails_url = mails_url
        self._data = data
        self._access = access
        self._tell = tell

    async def play(self) -> None:
        """Sets the platform up, feeds it, and brings one order there and back."""
        staff = await self._platform.staff(self._access.administrator, self._access.administrator_password)
        erp = await self.connect_erp(staff)
        day = max(self._data.days, key=lambda each: len(self._data.orders_of(each)))
        await self.feed(erp, day)
        await self.open_assortment(staff)
        order = max(self._data.orders_of(day), key=lambda each: len(each.lines))
        user = await self.welcome(staff, order.customer)
        await self._browse(user)
        number, ordered_id = await self._order(user, order)
        await self._book(erp, user, number, ordered_id)
        await self._figures(staff, number)

    async def connect_erp(self, staff: Caller) -> Erp:
        """Registers the ERP's client and connector and a channel; returns the ERP, connected."""
        made = await staff.post(
            "/admin/v1/clients",
            {"code": self._access.client, "name": "ERP", "scopes": list(SCOPES), "source": "erp"},
        )
        self._access.client_secret = made["secret"]
        await staff.post("/admin/v1/channels", {"code": CHANNEL, "name": "Webshop"})
        await staff.post(
            "/admin/v1/connectors",
            {
                "code": "erp",
                "name": "ERP pulls its orders",
                "source": "erp",
                "protocol": "pull",
                "deduplicates_by_order_number": True,
            },
        )
        caller = await self._platform.machine(self._access.client, self._access.client_secret)
        return Erp(caller)

    async def feed(self, erp: Erp, day: date) -> None:
        """Sends master data, and the prices valid on the day."""
        started = time.perf_counter()
        accounts = await erp.feed_accounts(self._data)
        users = await erp.feed_users(self._data)
        products = await erp.feed_products(self._data)
        stock = await erp.feed_stock(self._data)
        prices = await erp.feed_prices(self._data.prices_on(day))
        seconds = time.perf_counter() - started
        self._tell(
            f"The ERP sent {_created(accounts)} customers, {_created(users)} users,"
            f" {_created(products)} products, {_created(stock)} stock levels and the"
            f" {_created(prices)} prices valid on {day} in {seconds:.1f} s."
        )

    async def open_assortment(self, staff: Caller) -> None:
        """Makes a catalogue of everything and gives it to every account."""
        catalogue = await staff.post(
            "/admin/v1/catalogues",
            {"code": "everything", "name": "Everything", "include": [{"target": "all"}]},
        )

        body = {"catalogue_id": catalogue["id"]}
        await assign_catalogue(lambda: staff.post("/admin/v1/catalogue-assignments", body))
        self._tell("An administrator made a catalogue of every product and gave it to all customers.")

    async def welcome(self, staff: Caller, customer: str) -> Caller:
        """Invites a customer's user by mail; returns the user, logged in."""
        users = (await staff.get("/admin/v1/users", limit=200))["items"]
        email = user_mail(customer)
        user_id = next(user["id"] for user in users if user["email"] == email)
        await staff.post("/admin/v1/users/send-invitations", {"user_ids": [user_id]})
        password = secrets.token_urlsafe(12)
        token = await until(lambda: self.mailed_token(email), what=f"the invitation of {email}")
        answer = await self._platform.send(
            "POST", "/v1/invitations/accept", json={"token": token, "password": password}
        )
        answer.raise_for_status()
        self._access.user, self._access.user_password = email, password
        self._tell(f"Customer {customer} was invited by mail and chose a password.")
        return await self._platform.user(email, password, CHANNEL)

    async def mailed_token(self, email: str) -> str | None:
        """The token of the last link mailed to an address, None before there is one."""
        return (await self.mailed_tokens()).get(email)

    async def mailed_tokens(self) -> dict[str, str]:
        """The token of the last link mailed to each address that is still in the catcher."""
        async with httpx.AsyncClient() as http:
            mails = (await http.get(f"{self._mails_url}/mails.json")).json()
        # The catcher shows the newest first; the last one written here counts.
        links = [(mail["recipients"], _LINK.search(mail["text"])) for mail in reversed(mails)]
        return {email: link[1] for recipients, link in links if link for email in recipients}

    async def _browse(self, user: Caller) -> None:
        async def visible() -> Any:
            try:
                page = await user.get("/v1/products", limit=1, include="prices,total")
            except Refused as refused:
                if refused.status != 503:
                    raise
                return None
            return page if page["items"] else None

        page = await until(visible, what="the assortment")
        me = await user.get("/v1/me")
        first = page["items"][0]
        self._tell(
            f"The user of {me['accounts'][0]['name']} sees {page['total']} products;"
            f" the first is {first['external_id']} “{first['title']}”."
        )

    async def _order(self, user: Caller, order: Document) -> tuple[str, str]:
        resolved = await user.post(
            "/v1/products/resolve",
            {"items": [{"code": line.sku, "quantity": str(line.quantity)} for line in order.lines]},
        )
        lines = [
            {"product_id": found["products"][0]["id"], "unit": UNIT, "quantity": str(line.quantity)}
            for line, found in zip(order.lines, resolved["items"], strict=True)
        ]
        receipt = await user.post(
            "/v1/orders",
            {"lines": lines, "customer_reference": order.invoice},
            headers={"Idempotency-Key": secrets.token_hex(8)},
        )
        placed = await user.get(f"/v1/orders/{receipt['id']}")
        total = Decimal(placed["total"]["amount"])
        right = "as in the source" if total == order.total else f"the source says {order.total}"
        self._tell(
            f"It ordered {receipt['line_count']} lines at its own prices: {receipt['order_number']},"
            f" {total} {CURRENCY} ({right})."
        )
        return receipt["order_number"], receipt["id"]

    async def _book(self, erp: Erp, user: Caller, number: str, order_id: str) -> None:
        booked = await until(erp.pull, what="the order to be offered to the ERP")
        await erp.confirm(booked)
        mine = erp.booked[number]

        async def answered() -> Any:
            order = await user.get(f"/v1/orders/{order_id}")
            return order if order["status"] == "confirmed" else None

        order = await until(answered, what="the ERP's answer to be visible")
        self._tell(
            f"The ERP pulled it once, booked {mine.amount} {CURRENCY} as {mine.erp_number} and confirmed it;"
            f" the user reads: {order['status']}, {', '.join(order['erp_order_numbers'])}."
        )

    async def _figures(self, staff: Caller, number: str) -> None:
        async def counted() -> Any:
            found = await staff.get("/admin/v1/analytics/turnover")
            return found if found["items"] else None

        figures = (await until(counted, what="the figures"))["items"][0]
        self._tell(
            f"The wholesaler sees {figures['orders']} order ({number}) and"
            f" {figures['turnover']['amount']} {figures['turnover']['currency']} turnover today."
        )


def _created(run: dict[str, Any]) -> str:
    return f"{run['counts']['created']:,}"


async def play(gateway_url: str, mails_url: str, folder: Path, access: Access, tell: Tell) -> None:
    """Plays the story against a fresh platform; `access` is filled with what was generated."""
    platform = Platform(gateway_url)
    try:
        await Story(platform, mails_url, Quickstart.read(folder), access, tell).play()
    finally:
        await platform.close()


def main(gateway_url: str, mails_url: str, folder: Path, access: Access, tell: Tell = print) -> None:
    """`play` for callers without an event loop."""
    asyncio.run(play(gateway_url, mails_url, folder, access, tell))
