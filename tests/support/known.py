"""One object of every kind the contracts can name, and a caller of each surface who may everything."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from local_stack.client import Caller, until
from tests.support.contract import OPERATIONS, Operation, permissions_of
from tests.support.shop import PASSWORD, Shop, join, open_shop, role
from tests.support.system import System

_CSV: Final = {"Content-Type": "text/csv"}


@dataclass(frozen=True)
class Known:
    """`ids` by the name a path or a body calls them; runs and profiles by resource."""

    shop: Shop
    client_code: str
    client_secret: str
    email: str
    ids: Mapping[str, str]
    runs: Mapping[str, str]
    profiles: Mapping[str, str]

    async def callers(self) -> dict[str, Caller]:
        """Somebody of each surface who may everything, with a fresh token."""
        platform = self.shop.system.platform
        return {
            "channel": await platform.user(self.email, PASSWORD, self.shop.code),
            "integration": await platform.machine(self.client_code, self.client_secret),
            "admin": await self.shop.system.staff(),
        }

    def ids_for(self, operation: Operation) -> dict[str, str]:
        """Every id, with the run and the profile of the operation's resource, and a role of its kind."""
        resource = operation.path.split("/")[3] if operation.path.count("/") > 2 else ""
        found = {"import_id": self.runs.get(resource), "profile_id": self.profiles.get(resource)}
        if resource == "staff":
            found["role_id"] = self.ids["staff_role_id"]
        return {**self.ids, **{name: each for name, each in found.items() if each}}


async def know(system: System) -> Known:
    """Makes all of it through the public surfaces, as owners would."""
    shop = await open_shop(system)
    staff, code = shop.staff, f"all-{secrets.token_hex(4)}"
    everything = await role(staff, "user", permissions_of("channel"))
    email = f"all@{code}.example"
    await staff.post(
        "/admin/v1/users", {"account_id": shop.account_id, "email": email, "role_id": everything}
    )
    user = await join(system, email, shop.code)
    body = {"code": code, "name": code, "scopes": permissions_of("integration"), "source": shop.code}
    made = await staff.post("/admin/v1/clients", body)
    client = await system.platform.machine(code, made["secret"])
    ids = await _of_staff(shop, staff, code) | await _of_trade(shop, client, user, code)
    ids |= {
        "product_id": shop.product_ids[0],
        "target_id": shop.product_ids[1],
        "account_id": shop.account_id,
    }
    ids |= {"text:connector": code, "text:source": shop.code, "text:unit": "ST", "text:channel": shop.code}
    ids |= {"text:attribute": code, "text:password": PASSWORD, "text:role": "buyer"}
    return Known(shop, code, made["secret"], email, ids, await _runs(client), await _profiles(staff, code))


async def _of_staff(shop: Shop, staff: Caller, code: str) -> dict[str, str]:
    """Objects that nobody works with: they may be changed and removed."""
    names = {"names": {"nl": code}}
    push = {"url": "https://erp.example/orders"}
    target = {"target": "product", "id": shop.product_ids[0]}
    spare_role = {"code": f"spare-{code}", "kind": "user", "name": code, "permissions": []}
    tree = await staff.post("/admin/v1/category-trees", {"code": code, **names})
    attribute = await staff.post(
        "/admin/v1/attributes", {"code": code, "type": "text", "localized": True, **names}
    )
    bodies: dict[str, tuple[str, dict[str, Any]]] = {
        "category_id": ("categories", {"tree_id": tree["id"], "code": code, **names}),
        "catalogue_id": ("catalogues", {"code": f"spare-{code}", "name": code}),
        "family_id": ("families", {"code": code, **names, "attribute_ids": [attribute["id"]]}),
        "role_id": ("roles", spare_role),
        "channel_id": ("channels", {"code": f"spare-{code}", "name": code}),
        "client_id": ("clients", {"code": f"spare-{code}", "name": code, "scopes": [], "source": code}),
        "rule_id": (
            "visibility-rules",
            {"effect": "also", "owner_kind": "customer_group", "owner_id": code, "targets": [target]},
        ),
        "connector_id": ("connectors", _connector(f"spare-{code}", "push") | {"push": push}),
        "pulling_id": ("connectors", _connector(code, "pull") | {"source": shop.code}),
    }
    ids = {name: (await staff.post(f"/admin/v1/{path}", body))["id"] for name, (path, body) in bodies.items()}
    seeded = (await staff.get("/admin/v1/roles", kind="staff"))["items"][0]["id"]
    clerk = await staff.post("/admin/v1/staff", {"email": f"clerk@{code}.example", "role_id": seeded})
    body = {"account_id": shop.account_id, "email": f"spare@{code}.example", "role_id": ids["role_id"]}
    spare_user = await staff.post("/admin/v1/users", body)
    return ids | {
        "tree_id": tree["id"],
        "parent_id": ids["category_id"],
        "attribute_id": attribute["id"],
        "own_catalogue_id": ids["catalogue_id"],
        "staff_id": clerk["id"],
        "staff_role_id": seeded,
        "user_id": spare_user["id"],
        "brand_id": await _first(staff, "brands", shop.code),
        "id": await _first(staff, "brands", shop.code),
    }


def _connector(code: str, protocol: str) -> dict[str, Any]:
    body = {"code": code, "name": code, "source": code, "protocol": protocol}
    return body | {"deduplicates_by_order_number": True}


async def _of_trade(shop: Shop, client: Caller, user: Caller, code: str) -> dict[str, str]:
    """A cart, an order and its export, and an item group."""
    sku = f"{code}-product"
    items = [{"external_id": sku, "description": sku, "base_unit": "ST", "item_group": code}]
    await client.post("/integration/v1/products", {"items": items})
    cart = await user.post("/v1/carts", {"name": code})
    lines = [{"product_id": shop.product_ids[0], "quantity": "1"}]
    filled = await user.post(f"/v1/carts/{cart['id']}/lines/batch", {"lines": lines})
    order = await shop.order(user)

    async def export() -> str | None:
        found = (await client.get("/integration/v1/order-exports"))["items"]
        return found[0]["export_id"] if found else None

    return {
        "item_group_id": await _first(shop.staff, "item-groups", code),
        "cart_id": cart["id"],
        "line_id": filled["lines"][0]["id"],
        "order_id": order["id"],
        "ship_to_id": (await user.get("/v1/me"))["default_ship_to_id"],
        "export_id": await until(export, what="the order to be offered to the ERP"),
    }


async def _first(staff: Caller, collection: str, external_id: str) -> str:
    found = await staff.get(f"/admin/v1/{collection}", external_id=external_id)
    return str(found["items"][0]["id"])


def _imported() -> list[str]:
    """Every resource that is imported."""
    return [
        each.path.split("/")[3] for each in OPERATIONS if each.path.endswith("/imports") and each.media_types
    ]


async def _runs(client: Caller) -> dict[str, str]:
    runs = {}
    for resource in _imported():
        path = f"/integration/v1/{resource}/imports"
        runs[resource] = (await client.call("POST", path, content=b"external_id\n", headers=_CSV))["id"]
    return runs


async def _profiles(staff: Caller, code: str) -> dict[str, str]:
    body = {"name": code, "settings": {"format": "csv"}}
    return {
        resource: (await staff.post(f"/admin/v1/{resource}/import-profiles", body))["id"]
        for resource in _imported()
    }
