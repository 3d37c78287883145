"""Two customers of one wholesaler who share some products; a canary in whatever is one's own."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from local_stack.client import Caller, assign_catalogue, until
from local_stack.erp import SCOPES
from tests.support.contract import permissions_of
from tests.support.shop import join, machine, role
from tests.support.system import System

# The first letters of every canary: what somebody types who looks for something to be completed.
PREFIX: Final = "kanarie"
_PATIENCE: Final = 90
_QUANTITIES: Final = (1, 2)


@dataclass
class Customer:
    """`word` stands in each text of theirs; `price` is theirs alone; `ids` are of their objects, by name."""

    name: str
    word: str
    price: str
    group_price: str
    account_id: str = ""
    user: Caller | None = None
    blind: Caller | None = None
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def caller(self) -> Caller:
        """Their user, who may everything."""
        assert self.user is not None
        return self.user

    @property
    def without_prices(self) -> Caller:
        """Their user who may everything but see prices."""
        assert self.blind is not None
        return self.blind

    @property
    def amounts(self) -> set[str]:
        """Every sum of theirs that an answer could hold."""
        cents = [int(price.replace(".", "")) for price in (self.price, self.group_price)]
        return {f"{cent * times // 100}.{cent * times % 100:02}" for cent in cents for times in _QUANTITIES}

    @property
    def canaries(self) -> set[str]:
        """What may stand in no answer to anybody else."""
        return {self.word, *self.amounts, *self.ids.values()}


@dataclass(frozen=True)
class Trade:
    """The two, what both may see, and their ERP, beside which there is another."""

    system: System
    code: str
    one: Customer
    other: Customer
    shared_ids: dict[str, str]
    erp: Caller
    other_erp: Caller

    def pairs(self) -> Iterable[tuple[Customer, Customer]]:
        """Who looks, and whose canaries must not be seen."""
        return (self.one, self.other), (self.other, self.one)


async def open_trade(system: System) -> Trade:
    """All of it through the public surfaces, as their owners would do it."""
    code = f"trade-{secrets.token_hex(3)}"
    staff = await system.staff()
    erp = await machine(system, staff, code, SCOPES)
    await staff.post("/admin/v1/channels", {"code": code, "name": code})
    one = Customer("one", f"{PREFIX}{secrets.token_hex(6)}", "7391.13", "7392.19")
    other = Customer("other", f"{PREFIX}{secrets.token_hex(6)}", "8642.57", "8643.61")
    await _feed(erp, code, one, other)
    await _describe(staff, code, one, other)
    for customer in (one, other):
        await _open_assortment(staff, code, customer)
        await _let_in(system, staff, code, customer)
    await _hide_and_grant(staff, code, one, other)
    shared = {sku: await _product_id(staff, f"{code}-{sku}") for sku in ("S", "T")}
    for customer in (one, other):
        await _sees_its_own(customer, shared["S"])
        await _act(erp, customer, shared["S"])
    outside = await machine(system, staff, f"not-{code}", permissions_of("integration"))
    everything = await machine(system, staff, code, permissions_of("integration"))
    return Trade(system, code, one, other, shared, everything, outside)


def _sku(code: str, customer: Customer) -> str:
    return f"{code}-{customer.word}"


async def _feed(erp: Caller, code: str, *customers: Customer) -> None:
    rows: dict[str, list[dict[str, Any]]] = {
        "accounts": [
            {"external_id": each.word, "name": each.word, "currency": "EUR", "customer_group": each.word}
            | {"price_group": each.word, "payment_terms": each.word, "delivery_terms": each.word}
            for each in customers
        ],
        "addresses": [
            {"external_id": each.word, "account": each.word, "name": each.word, "street": each.word}
            | {"city": each.word, "country": "NL", "bill_to": True, "ship_to": True, "is_default": True}
            for each in customers
        ],
        "units": [{"external_id": "ST", "name": "Piece", "rec20_code": "H87", "decimals": 0}],
        "products": [
            *(_product(f"{code}-{sku}", code, "shared") for sku in ("S", "T")),
            *(_product(_sku(code, each), each.word, each.word) for each in customers),
        ],
        "product-codes": [
            {"code": f"own-{each.word}", "kind": "customer", "product": f"{code}-S", "account": each.word}
            for each in customers
        ],
        "prices": [price for each in customers for price in _prices(code, each)],
        "stock": [{"product": f"{code}-S", "quantity": "5", "location": "main"}],
    }
    rows["products"][0]["superseded_by"] = rows["products"][2]["external_id"]
    rows["products"][1]["superseded_by"] = rows["products"][3]["external_id"]
    for resource, items in rows.items():
        answer = await erp.post(f"/integration/v1/{resource}", {"items": items})
        assert not answer["counts"].get("rejected"), answer


def _product(sku: str, brand: str, text: str) -> dict[str, Any]:
    return {"external_id": sku, "description": f"Article {text}", "brand": brand, "base_unit": "ST"}


def _prices(code: str, customer: Customer) -> list[dict[str, Any]]:
    """Its own price of what both may see, and its group's of the rest."""
    own = {"type": "account", "external_id": customer.word}
    group = {"type": "price_group", "external_id": customer.word}
    both = {"kind": "net", "currency": "EUR"}
    return [
        {
            "applies_to": own,
            "target": {"type": "product", "external_id": f"{code}-S"},
            "value": customer.price,
        }
        | both,
        *(
            {
                "applies_to": group,
                "target": {"type": "product", "external_id": sku},
                "value": customer.group_price,
            }
            | both
            for sku in (f"{code}-T", _sku(code, customer))
        ),
    ]


async def _describe(staff: Caller, code: str, *customers: Customer) -> None:
    """Titles, attributes, a category and relations: of shared products to each one's own, too."""
    tree = await staff.post("/admin/v1/category-trees", {"code": code, "names": {"en": code}})
    attribute = await staff.post(
        "/admin/v1/attributes",
        {"code": code, "type": "option", "facet": True, "names": {"en": code}}
        | {"options": [{"code": each.word, "names": {"en": each.word}} for each in customers]},
    )
    await staff.post(
        "/admin/v1/families", {"code": code, "names": {"en": code}, "attribute_ids": [attribute["id"]]}
    )
    for each in customers:
        body = {"tree_id": tree["id"], "code": each.word, "names": {"en": each.word}}
        category = await staff.post("/admin/v1/categories", body)
        product_id = await _product_id(staff, _sku(code, each))
        each.ids |= {"product_id": product_id, "category_id": category["id"]}
        text = {"title": f"{each.word} title", "description": each.word, "keywords": each.word}
        content = {
            "texts": {"en": text},
            "category_ids": [category["id"]],
            "attributes": [{"attribute": code, "values": [each.word]}],
        }
        await staff.change(f"/admin/v1/products/{product_id}", content)
    related = [{"target_id": each.ids["product_id"], "type": "accessory"} for each in customers]
    await staff.change(f"/admin/v1/products/{await _product_id(staff, f'{code}-S')}", {"relations": related})


async def _product_id(staff: Caller, sku: str) -> str:
    return str((await staff.get("/admin/v1/products", external_id=sku))["items"][0]["id"])


async def _open_assortment(staff: Caller, code: str, customer: Customer) -> None:
    brands = [
        (await staff.get("/admin/v1/brands", external_id=brand))["items"][0]["id"]
        for brand in (code, customer.word)
    ]
    include = [{"target": "brand", "id": brand} for brand in brands]
    body = {"code": customer.word, "name": customer.word, "include": include}
    catalogue = await staff.post("/admin/v1/catalogues", body)
    customer.ids |= {"brand_id": brands[1], "catalogue_id": catalogue["id"]}
    accounts = await staff.get("/admin/v1/accounts", external_id=customer.word)
    customer.account_id = accounts["items"][0]["id"]
    customer.ids["account_id"] = customer.account_id
    path = f"/admin/v1/accounts/{customer.account_id}"

    given = {"own_catalogue_id": catalogue["id"]}
    await assign_catalogue(lambda: staff.change(path, given), seconds=_PATIENCE)


async def _let_in(system: System, staff: Caller, code: str, customer: Customer) -> None:
    seeing = await role(staff, "user", permissions_of("channel"))
    users = []
    for name, sees in (("sees", True), ("blind", False)):
        email = f"{name}@{customer.word}.example"
        body = {"account_id": customer.account_id, "email": email, "role_id": seeing, "name": customer.word}
        made = await staff.post("/admin/v1/users", body | {"sees_prices": sees})
        customer.ids[f"{name}_user_id"] = made["id"]
        users.append(await join(system, email, code))
    customer.user, customer.blind = users


async def _hide_and_grant(staff: Caller, code: str, one: Customer, other: Customer) -> None:
    """Rules of their own, too: what one is granted besides, and what is hidden from the other."""
    granted = await _product_id(staff, f"{code}-T")
    for owner, effect in ((one, "also"), (other, "hide")):
        body = {"effect": effect, "owner_kind": "account", "owner_id": owner.account_id}
        targets = [{"target": "product", "id": granted}]
        await staff.post("/admin/v1/visibility-rules", body | {"targets": targets, "note": owner.word})


async def _sees_its_own(customer: Customer, shared_id: str) -> None:
    wanted = {shared_id, customer.ids["product_id"]}

    async def seen() -> bool:
        page = await customer.caller.send("GET", "/v1/products", params={"include": "prices"})
        items = page.json()["items"] if page.status_code == 200 else []
        return wanted <= {item["id"] for item in items if (item.get("price") or {}).get("net_price")}

    await until(seen, seconds=_PATIENCE, what="a customer to see its assortment with prices")


async def _act(erp: Caller, customer: Customer, shared_id: str) -> None:
    """A cart and an order with the canary wherever people write, and the ERP's answer to it."""
    user, word = customer.caller, customer.word
    cart = await user.post("/v1/carts", {"name": word, "customer_reference": word, "visibility": "account"})
    lines = [
        {"product_id": product, "quantity": str(times), "client_line_id": word}
        for product in (shared_id, customer.ids["product_id"])
        for times in _QUANTITIES
    ]
    await user.post(f"/v1/carts/{cart['id']}/lines/batch", {"lines": lines})
    ordered = [{"product_id": line["product_id"], "quantity": line["quantity"]} for line in lines]
    key = {"Idempotency-Key": word}
    order = await user.post("/v1/orders", {"lines": ordered, "customer_reference": word}, headers=key)
    answer = {"external_id": word, "order_number": order["order_number"], "erp_order_number": word}
    rows = [answer | {"kind": "confirmed", "line_number": 1, "quantity": "1", "text": word}]
    await erp.post("/integration/v1/order-responses", {"items": rows})
    me = await user.get("/v1/me")
    customer.ids |= {
        "cart_id": cart["id"],
        "order_id": order["id"],
        "order_number": order["order_number"],
        "ship_to_id": me["default_ship_to_id"],
    }
