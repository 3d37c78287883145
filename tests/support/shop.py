"""A small trade of its own: an ERP source, an account, priced products, and a user who may order them."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from local_stack.client import Caller, Refused, assign_catalogue, until
from local_stack.erp import SCOPES
from tests.support.system import System

PASSWORD: Final = "a password for one test"
PRICE: Final = "12.50"
# The whole platform starts cold on a busy machine: generous, and only ever used up by a failure.
_PATIENCE: Final = 90


@dataclass(frozen=True)
class Shop:
    """`code` is its source, channel and brand; `client` is its ERP, `user` a buyer of its only account."""

    system: System
    code: str
    staff: Caller
    client: Caller
    user: Caller
    email: str
    account_id: str
    product_ids: tuple[str, ...]

    async def order(self, user: Caller | None = None, **fields: Any) -> Any:
        """Orders one of the first product; the receipt. Raises Refused."""
        body = {"lines": [{"product_id": self.product_ids[0], "quantity": "1"}], **fields}
        headers = {"Idempotency-Key": secrets.token_hex(8)}
        return await (user or self.user).post("/v1/orders", body, headers=headers)

    async def connect(self, **settings: Any) -> None:
        """Gives the source a connector, whose code is the shop's."""
        body = {"code": self.code, "name": self.code, "source": self.code, **settings}
        await self.staff.post("/admin/v1/connectors", body)

    async def user_again(self) -> Caller:
        """The buyer with a fresh token."""
        return await self.system.platform.user(self.email, PASSWORD, self.code)


async def join(system: System, email: str, channel: str) -> Caller:
    """Accepts the invitation mailed to somebody and logs in."""
    await _accept(system, email)
    return await system.platform.user(email, PASSWORD, channel)


async def join_staff(system: System, email: str) -> Caller:
    """Accepts the invitation mailed to a staff member and logs in."""
    await _accept(system, email)
    return await system.platform.staff(email, PASSWORD)


async def _accept(system: System, email: str) -> None:
    token = await until(
        lambda: system.story.mailed_token(email), seconds=_PATIENCE, what=f"the mail to {email}"
    )
    body = {"token": token, "password": PASSWORD}
    answer = await system.platform.send("POST", "/v1/invitations/accept", json=body)
    if answer.status_code >= 400:
        raise Refused(answer)


async def machine(system: System, staff: Caller, source: str, scopes: Iterable[str]) -> Caller:
    """A new machine client of a source."""
    code = f"test-{secrets.token_hex(4)}"
    body = {"code": code, "name": code, "scopes": list(scopes), "source": source}
    made = await staff.post("/admin/v1/clients", body)
    return await system.platform.machine(code, made["secret"])


async def role(staff: Caller, kind: str, permissions: Iterable[str]) -> str:
    """The id of a new role."""
    code = f"test-{secrets.token_hex(4)}"
    body = {"code": code, "kind": kind, "name": code, "permissions": list(permissions)}
    made: dict[str, str] = await staff.post("/admin/v1/roles", body)
    return made["id"]


async def open_shop(system: System) -> Shop:
    """Set up through the public surfaces; returns when the user can see and order everything."""
    code = f"shop-{secrets.token_hex(4)}"
    email = f"buyer@{code}.example"
    staff = await system.staff()
    client = await machine(system, staff, code, SCOPES)
    await staff.post("/admin/v1/channels", {"code": code, "name": code})
    await _feed(client, code, email)
    account_id = (await staff.get("/admin/v1/accounts", external_id=f"{code}-1"))["items"][0]["id"]
    await _open_assortment(staff, code)
    users = (await staff.get("/admin/v1/users", account_id=account_id))["items"]
    await staff.post("/admin/v1/users/send-invitations", {"user_ids": [users[0]["id"]]})
    user = await join(system, email, code)
    return Shop(system, code, staff, client, user, email, account_id, await _orderable(user))


async def _feed(client: Caller, code: str, email: str) -> None:
    account = f"{code}-1"
    skus = [f"{code}-A", f"{code}-B"]
    rows: dict[str, list[dict[str, Any]]] = {
        "accounts": [{"external_id": account, "name": code, "currency": "EUR", "customer_group": code}],
        "addresses": [
            {"external_id": account, "account": account, "name": code, "country": "NL"}
            | {"bill_to": True, "ship_to": True, "is_default": True}
        ],
        "users": [{"external_id": account, "account": account, "email": email, "role": "buyer"}],
        "units": [{"external_id": "ST", "name": "Piece", "rec20_code": "H87", "decimals": 0}],
        "products": [
            {"external_id": sku, "description": f"Product {sku}", "brand": code, "base_unit": "ST"}
            for sku in skus
        ],
        "prices": [
            {"applies_to": {"type": "all"}, "target": {"type": "product", "external_id": sku}}
            | {"kind": "net", "currency": "EUR", "value": PRICE}
            for sku in skus
        ],
    }
    for resource, items in rows.items():
        answer = await client.post(f"/integration/v1/{resource}", {"items": items})
        assert all(result["status"] == "created" for result in answer["results"]), answer


async def _open_assortment(staff: Caller, code: str) -> None:
    brands = (await staff.get("/admin/v1/brands", external_id=code))["items"]
    body = {"code": code, "name": code, "include": [{"target": "brand", "id": brands[0]["id"]}]}
    catalogue = await staff.post("/admin/v1/catalogues", body)

    given = {"customer_group": code, "catalogue_id": catalogue["id"]}
    await assign_catalogue(lambda: staff.post("/admin/v1/catalogue-assignments", given), seconds=_PATIENCE)


async def _orderable(user: Caller) -> tuple[str, ...]:
    async def priced() -> list[dict[str, Any]]:
        page = await user.send("GET", "/v1/products", params={"include": "prices"})
        items: list[dict[str, Any]] = page.json()["items"] if page.status_code == 200 else []
        complete = len(items) == 2 and all((item.get("price") or {}).get("net_price") for item in items)
        return items if complete else []

    found = await until(priced, seconds=_PATIENCE, what="the assortment and its prices")
    return tuple(sorted(item["id"] for item in found))
