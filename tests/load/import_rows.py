"""The rows that the benchmark of imports feeds: sizes and fields as a wholesaler's ERP sends them."""

from collections.abc import Iterator
from typing import Any, Final

import orjson

ACCOUNTS: Final = 500
PIECE: Final = 64 * 1024
_NOUNS: Final = ("valve", "hinge", "cable", "lamp", "pump", "switch", "filter", "gasket", "drill", "sensor")
_MATERIALS: Final = ("brass", "steel", "copper", "rubber", "nylon", "ceramic", "aluminium")


def sku(number: int) -> str:
    """The key of a product."""
    return f"{100_000 + number * 7}-{number % 90 + 10}"


def account(number: int) -> str:
    """The key of an account."""
    return f"D{number:06d}"


def price(number: int, products: int, *, raised: bool) -> dict[str, Any]:
    """A net price of an account, every third with a quantity break; `raised` gives it another value."""
    at = number // ACCOUNTS
    row = {
        "applies_to": {"type": "account", "external_id": account(number % ACCOUNTS)},
        "target": {"type": "product", "external_id": sku((number * 31 + at) % products)},
        "kind": "net",
        "unit": "PCS",
        "currency": "EUR",
        "min_quantity": str(1 + at * 2),
        "valid_from": f"2026-{number % 12 + 1:02d}-01",
        "value": f"{number % 4000 + (2 if raised else 1)}.{number % 100:02d}",
    }
    return row if number % 3 else {**row, "valid_to": "2027-12-31", "base_quantity": "100"}


def product(number: int, *, changed: bool) -> dict[str, Any]:
    """A product with two packagings; `changed` gives it other order terms and another tax group."""
    noun, material = _NOUNS[number % len(_NOUNS)], _MATERIALS[number % len(_MATERIALS)]
    return {
        "external_id": sku(number),
        "description": f"{material.capitalize()} {noun} {number % 97} mm, DN {number % 40}, {number % 9} pcs",
        "brand": f"B{number % 150:03d}",
        "item_group": f"G{number % 60:02d}",
        "base_unit": "PCS",
        "sales_unit": "BOX" if number % 4 else "PCS",
        "packagings": [
            {
                "unit": "BOX",
                "quantity_in_base_unit": str(number % 12 + 2),
                "gtin": f"87{number:011d}",
            },
            {"unit": "PAL", "quantity_in_base_unit": str((number % 12 + 2) * 48)},
        ],
        "minimum_quantity": "2" if changed else "1",
        "quantity_multiple": "2" if changed else "1",
        "tax_group": "LOW" if changed else "HIGH",
        "discount_group": f"DG{number % 25}",
        "lifecycle": "active",
        "erp_attributes": {
            "Warehouse": f"W{number % 3}",
            "ABC": "ABC"[number % 3],
            "Weight": f"{number % 50}.25",
        },
    }


def upload(rows: Iterator[dict[str, Any]]) -> list[bytes]:
    """The body of an import, in pieces as a server hands them to its application."""
    body = b"\n".join(map(orjson.dumps, rows)) + b"\n"
    return [body[start : start + PIECE] for start in range(0, len(body), PIECE)]
