"""Builders of what other services tell, and of price rows as an ERP sends them."""

from typing import Any, Final

from services.pricing.tests.support.world import World

ACCOUNT: Final = "0190a1b2-0000-7000-8000-0000000000a1"
OTHER_ACCOUNT: Final = "0190a1b2-0000-7000-8000-0000000000a2"
PRODUCT: Final = "0190a1b2-0000-7000-8000-0000000000c1"
OTHER_PRODUCT: Final = "0190a1b2-0000-7000-8000-0000000000c2"
USER: Final = "0190a1b2-0000-7000-8000-0000000000b1"
COLLEAGUE: Final = "0190a1b2-0000-7000-8000-0000000000b2"
ROLE: Final = "0190a1b2-0000-7000-8000-0000000000f1"
CATALOGUE: Final = "0190a1b2-0000-7000-8000-00000000000c"


def an_account(account_id: str = ACCOUNT, **changes: Any) -> dict[str, Any]:
    """The state of an account that pays in pounds."""
    state = {
        "id": account_id,
        "source": "erp",
        "external_id": "12355" if account_id == ACCOUNT else account_id[-4:],
        "customer_group": "WHOLESALE",
        "price_group": None,
        "catalogue_id": CATALOGUE,
        "currency": "GBP",
        "block": "none",
    }
    return state | changes


def a_member(user_id: str = USER, account_id: str = ACCOUNT, role_id: str = ROLE) -> dict[str, Any]:
    """The state of a user."""
    return {"id": user_id, "account_id": account_id, "role_id": role_id, "status": "active"}


def a_product(product_id: str = PRODUCT, external_id: str = "22423", **changes: Any) -> dict[str, Any]:
    """The state of a product sold by the piece, also in boxes of 12."""
    state = {
        "id": product_id,
        "source": "erp",
        "external_id": external_id,
        "base_unit": "PCE",
        "sales_unit": "PCE",
        "units": [{"unit": "BOX", "quantity_in_base_unit": "12", "gtin": None}],
        "discount_group": "A",
        "lifecycle": "active",
        "placeholder": False,
    }
    return state | changes


def a_price(value: str = "12.75", sku: str = "22423", **changes: Any) -> dict[str, Any]:
    """A net price of account 12355 for one product, as an ERP sends it."""
    row: dict[str, Any] = {
        "applies_to": {"type": "account", "external_id": "12355"},
        "target": {"type": "product", "external_id": sku},
        "kind": "net",
        "currency": "GBP",
        "value": value,
    }
    return row | changes


async def known(world: World) -> None:
    """One account with one user, and one product."""
    await world.hear("accounts.account", (ACCOUNT, 1, an_account()))
    await world.hear("accounts.user", (USER, 1, a_member()))
    await world.hear("catalog.product", (PRODUCT, 1, a_product()))


async def fed(world: World, *rows: dict[str, Any], source: str = "erp") -> dict[str, Any]:
    """Sends rows as a batch; returns the answer."""
    answer = await world.client.post(
        "/integration/v1/prices", json={"items": list(rows)}, headers=world.erp("prices:feed", source=source)
    )
    assert 200 == answer.status_code, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def price_of(world: World, product_id: str = PRODUCT, **asked: Any) -> dict[str, Any]:
    """The price a buyer of the account gets."""
    answer = await world.client.post(
        "/internal/v1/prices",
        json={"items": [{"product_id": product_id, **asked}]},
        headers=world.user(ACCOUNT, user_id=USER),
    )
    assert 200 == answer.status_code, answer.text
    found: dict[str, Any] = answer.json()["items"][0]["price"]
    return found
