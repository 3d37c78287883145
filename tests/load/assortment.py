"""The trade that is measured: 10,000 products, 200 accounts, a million price rows, always the same."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

PRODUCTS: Final = 10_000
CATEGORIES: Final = 120
ACCOUNTS: Final = 200
PRICE_GROUPS: Final = 20
CUSTOMER_GROUPS: Final = 4
BRANDS: Final = 40
CURRENCY: Final = "EUR"
UNIT: Final = "ST"
# Of each account: a price for so many products, for every second of these a break as well.
OWN_PRICES: Final = 2_633

KINDS: Final = (
    "valve",
    "clamp",
    "bracket",
    "hose",
    "coupling",
    "bearing",
    "filter",
    "gasket",
    "bolt",
    "pump",
)
MATERIALS: Final = ("steel", "brass", "copper", "nylon", "rubber", "cast iron")
COLOURS: Final = ("black", "white", "grey", "red", "blue", "green", "yellow", "orange")
USES: Final = (
    "indoor",
    "outdoor",
    "marine",
    "food safe",
    "high pressure",
    "low noise",
    "heavy duty",
    "compact",
)


@dataclass(frozen=True, slots=True)
class Product:
    """An article; `length` in millimetres."""

    sku: str
    title: str
    brand: str
    category: int
    colour: str
    material: str
    length: int


@dataclass(frozen=True, slots=True)
class Account:
    """A customer; it pays the prices of its own agreement, of its price group and of everybody."""

    number: str
    price_group: str
    customer_group: str


@dataclass(frozen=True, slots=True)
class Price:
    """A net price per piece. `level` is account, price_group or all; `whose` the key of the former two."""

    level: str
    whose: str
    sku: str
    min_quantity: int
    value: Decimal


def products() -> list[Product]:
    """Ten thousand, spread over categories and brands."""
    pick = random.Random(11)
    return [_product(number, pick) for number in range(PRODUCTS)]


def _product(number: int, pick: random.Random) -> Product:
    material, colour, kind = pick.choice(MATERIALS), pick.choice(COLOURS), pick.choice(KINDS)
    length = pick.randrange(10, 400, 5)
    return Product(
        sku=f"B-{number:05d}",
        title=f"{pick.choice(USES).capitalize()} {material} {kind} {length} mm {colour}",
        brand=f"BR{number % BRANDS:02d}",
        category=number % CATEGORIES,
        colour=colour,
        material=material.replace(" ", "-"),
        length=length,
    )


def accounts() -> list[Account]:
    """Two hundred, over price groups and customer groups."""
    return [
        Account(f"C{number:04d}", f"PG{number % PRICE_GROUPS:02d}", f"cg{number % CUSTOMER_GROUPS}")
        for number in range(ACCOUNTS)
    ]


def prices() -> Iterator[Price]:
    """A million: one of everybody and one of each group per product, and those of the accounts' own."""
    pick = random.Random(12)
    base = [Decimal(pick.randrange(150, 90_000)) / 1000 for _ in range(PRODUCTS)]
    for number, value in enumerate(base):
        yield Price("all", "", f"B-{number:05d}", 0, value)
    for group in range(PRICE_GROUPS):
        factor = Decimal(98 - group) / 100
        for number, value in enumerate(base):
            yield Price("price_group", f"PG{group:02d}", f"B-{number:05d}", 0, _rounded(value * factor))
    for account in accounts():
        for place, number in enumerate(sorted(pick.sample(range(PRODUCTS), OWN_PRICES))):
            value = _rounded(base[number] * Decimal(pick.randrange(60, 78)) / 100)
            yield Price("account", account.number, f"B-{number:05d}", 0, value)
            if place % 2 == 0:
                lower = _rounded(value * Decimal("0.93"))
                yield Price("account", account.number, f"B-{number:05d}", 12, lower)


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.0001"))


def price_row(price: Price) -> dict[str, Any]:
    """The row as the price feed takes it."""
    whom = {} if price.level == "all" else {"external_id": price.whose}
    return {
        "applies_to": {"type": price.level, **whom},
        "target": {"type": "product", "external_id": price.sku},
        "kind": "net",
        "unit": UNIT,
        "currency": CURRENCY,
        "min_quantity": str(price.min_quantity),
        "value": str(price.value),
    }


def product_row(product: Product) -> dict[str, Any]:
    """The row as the product feed takes it."""
    return {
        "external_id": product.sku,
        "description": product.title,
        "brand": product.brand,
        "item_group": f"G{product.category % 12:02d}",
        "base_unit": UNIT,
        "packagings": [{"unit": "BX", "quantity_in_base_unit": "12", "gtin": None}],
    }
