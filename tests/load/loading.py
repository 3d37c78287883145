"""The measured trade brought in through the public surfaces, as an ERP and an administrator bring theirs."""

import asyncio
import itertools
import json
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from local_stack.client import Caller, assign_catalogue, until
from local_stack.erp import SCOPES, Erp
from tests.load import assortment
from tests.load.assortment import Account, Product
from tests.support.shop import PASSWORD, join, machine
from tests.support.system import System

SOURCE: Final = "bench"
CHANNEL: Final = "bench"
BUYER: Final = "buyer@bench.example"
_ROWS_A_RUN: Final = 100_000
_AT_ONCE: Final = 6
_A_TOKEN: Final = 2_000
_TOKEN_SECONDS: Final = 280
_PATIENCE: Final = 120
Say = Callable[[str], None]


@dataclass(frozen=True)
class Trade:
    """What was loaded, by the platform's ids."""

    account_ids: list[str]
    category_ids: list[str]
    product_ids: list[str]
    catalogue_id: str
    hidden_brand_id: str

    def save(self, path: Path) -> None:
        """For a later run on the same data."""
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, path: Path) -> "Trade":
        """What an earlier run saved."""
        return cls(**json.loads(path.read_text()))


async def load(system: System, say: Say) -> Trade:
    """Feeds everything, arranges and describes it, opens the assortment, invites the buyer."""
    staff = await system.staff()
    await staff.post("/admin/v1/channels", {"code": CHANNEL, "name": CHANNEL})
    await _master_data(await machine(system, staff, SOURCE, SCOPES))
    say("accounts, users, products and stock are fed")
    products = await _everything(staff, "/admin/v1/products", source=SOURCE)
    by_sku = {row["external_id"]: row["id"] for row in products}
    categories = await _arrange(system, staff, by_sku)
    say("categories and attributes are described")
    await _price_lists(system, staff, say)
    catalogue_id, brand_id = await _open(await system.staff())
    await _welcome(system)
    # The first token has expired by now.
    accounts = await _everything(await system.staff(), "/admin/v1/accounts")
    by_number = {row["external_id"]: row["id"] for row in accounts}
    return Trade(
        account_ids=[by_number[account.number] for account in assortment.accounts()],
        category_ids=categories,
        product_ids=[by_sku[product.sku] for product in assortment.products()],
        catalogue_id=catalogue_id,
        hidden_brand_id=brand_id,
    )


async def tokens(system: System, trade: Trade) -> list[str]:
    """An access token for the buyer in each of its accounts; they last five minutes."""
    first = await buyer(system, trade.account_ids[0])

    async def token(account_id: str) -> str:
        answer = await first.post("/v1/login/switch-account", {"account_id": account_id})
        return str(answer["access_token"])

    return await _each(token, trade.account_ids)


async def buyer(system: System, account_id: str) -> Caller:
    """The buyer, logged in for one of its accounts."""
    anywhere = await system.platform.user(BUYER, PASSWORD, CHANNEL)
    answer = await anywhere.post("/v1/login/switch-account", {"account_id": account_id})
    return Caller(system.platform.http, answer["access_token"], answer)


async def _master_data(client: Caller) -> None:
    erp = Erp(client)
    units = [("ST", "H87"), ("BX", "XBX")]
    await erp.feed_ndjson(
        "units",
        [{"external_id": code, "name": code, "rec20_code": known, "decimals": 0} for code, known in units],
    )
    accounts = assortment.accounts()
    await erp.feed_ndjson("accounts", map(_account_row, accounts))
    await erp.feed_ndjson("addresses", map(_address_row, accounts))
    await erp.feed_ndjson("users", map(_user_row, accounts))
    products = assortment.products()
    await erp.feed_ndjson("products", map(assortment.product_row, products))
    await erp.feed_ndjson(
        "stock",
        ({"product": product.sku, "location": "main", "quantity": "120"} for product in products),
    )


def _account_row(account: Account) -> dict[str, Any]:
    return {
        "external_id": account.number,
        "name": f"Customer {account.number}",
        "currency": assortment.CURRENCY,
        "price_group": account.price_group,
        "customer_group": account.customer_group,
    }


def _address_row(account: Account) -> dict[str, Any]:
    kinds = {"bill_to": True, "ship_to": True, "is_default": True}
    return {
        "external_id": account.number,
        "account": account.number,
        "name": account.number,
        "country": "NL",
        **kinds,
    }


def _user_row(account: Account) -> dict[str, Any]:
    return {"external_id": account.number, "account": account.number, "email": BUYER, "role": "buyer"}


async def _arrange(system: System, staff: Caller, by_sku: dict[str, str]) -> list[str]:
    """A flat tree of categories, three facets, and every product described by them; the categories' ids."""
    tree = await staff.post("/admin/v1/category-trees", {"code": "bench", "names": {"en": "Bench"}})

    async def category(number: int) -> str:
        names = {"en": f"Category {number}"}
        body = {"tree_id": tree["id"], "code": f"c{number:03d}", "names": names, "position": number}
        return str((await staff.post("/admin/v1/categories", body))["id"])

    categories = [await category(number) for number in range(assortment.CATEGORIES)]
    for code, values in (("colour", assortment.COLOURS), ("material", assortment.MATERIALS)):
        options = [{"code": value.replace(" ", "-"), "names": {"en": value}} for value in values]
        body = {"code": code, "names": {"en": code}, "type": "option", "facet": True, "options": options}
        await staff.post("/admin/v1/attributes", body)
    length = {"code": "length", "names": {"en": "Length"}, "type": "number", "unit": "mm", "facet": True}
    await staff.post("/admin/v1/attributes", length)

    async def describe(caller: Caller, product: Product) -> None:
        values = {"colour": product.colour, "material": product.material, "length": str(product.length)}
        body = {
            "category_ids": [categories[product.category]],
            "attributes": [{"attribute": code, "values": [value]} for code, value in values.items()],
        }
        path = f"/admin/v1/products/{by_sku[product.sku]}"
        # A product that nobody has described yet is version 0 of its digital layer.
        await caller.call("PATCH", path, json=body, headers={"If-Match": '"0"'})

    products = assortment.products()
    for start in range(0, len(products), _A_TOKEN):
        # A token lives five minutes, all of this may take longer.
        caller = await system.staff()
        await _each(partial(describe, caller), products[start : start + _A_TOKEN])
    return categories


async def _price_lists(system: System, staff: Caller, say: Say) -> None:
    began, sent = time.perf_counter(), 0
    rows = map(assortment.price_row, assortment.prices())
    while run := list(itertools.islice(rows, _ROWS_A_RUN)):
        client = await machine(system, await system.staff(), SOURCE, SCOPES)
        erp = Erp(client, patience=_TOKEN_SECONDS)
        await erp.feed_ndjson("prices", run, mode="delta")
        sent += len(run)
        say(f"{sent:,} price rows after {time.perf_counter() - began:.0f} s")


async def _open(staff: Caller) -> tuple[str, str]:
    """A catalogue of everything for everybody, and a brand that the first customer group may not see."""
    body = {"code": "bench", "name": "Everything", "include": [{"target": "all"}]}
    catalogue = await staff.post("/admin/v1/catalogues", body)

    given = {"catalogue_id": catalogue["id"]}
    await assign_catalogue(lambda: staff.post("/admin/v1/catalogue-assignments", given), seconds=_PATIENCE)
    brand = (await staff.get("/admin/v1/brands", external_id="BR00"))["items"][0]["id"]
    rule = {"effect": "hide", "owner_kind": "customer_group", "owner_id": "cg0"}
    await staff.post("/admin/v1/visibility-rules", {**rule, "targets": [{"target": "brand", "id": brand}]})
    return catalogue["id"], brand


async def _welcome(system: System) -> None:
    staff = await system.staff()
    users = (await staff.get("/admin/v1/users", limit=1))["items"]
    await staff.post("/admin/v1/users/send-invitations", {"user_ids": [users[0]["id"]]})
    first = await join(system, BUYER, CHANNEL)

    async def open_for_business() -> bool:
        answer = await first.send("GET", "/v1/products", params={"include": "prices", "limit": 200})
        items = answer.json()["items"] if answer.status_code == 200 else []
        return len(items) == 200 and all(item["price"].get("net_price") for item in items)

    await until(open_for_business, seconds=_PATIENCE, what="the assortment and its prices")


async def _everything(staff: Caller, path: str, **params: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await staff.get(path, limit=200, **params, **cursor)
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


async def _each(work: Callable[[Any], Awaitable[Any]], items: Iterable[Any]) -> list[Any]:
    """The answers in order, a few at a time."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(item: Any) -> Any:
        async with room:
            return await work(item)

    return await asyncio.gather(*(one(item) for item in items))
