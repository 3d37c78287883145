"""Builders of price rows and questions, with everything a test does not care about filled in."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pricing.prices.models import (
    Aim,
    Level,
    PricedProduct,
    PriceRow,
    RowKind,
    Wish,
    period,
)

ZONE = ZoneInfo("Europe/Amsterdam")
NOON = datetime(2026, 5, 4, 10, tzinfo=UTC)


def a_product(units: Mapping[str, str] | None = None, **changes: Any) -> PricedProduct:
    """A product sold by the piece, with packagings as decimal text."""
    values: dict[str, Any] = {"id": "product", "base_unit": "PCE", "sales_unit": None} | changes
    return PricedProduct(**values, units={unit: Decimal(text) for unit, text in (units or {}).items()})


def a_row(
    name: str,
    value: str,
    *,
    level: Level = Level.ACCOUNT,
    kind: RowKind = RowKind.NET,
    valid_from: date | None = None,
    valid_to: date | None = None,
    **changes: Any,
) -> PriceRow:
    """A row of an account's agreement: net, in pounds, per piece, for any quantity, always valid."""
    starts_at, ends_at = period(valid_from, valid_to, ZONE)
    values: dict[str, Any] = {
        "id": name,
        "level": level,
        "aim": Aim.PRODUCT,
        "kind": kind,
        "unit": None,
        "currency": None if kind is RowKind.DISCOUNT else "GBP",
        "base_quantity": Decimal(1),
        "min_quantity": Decimal(0),
        "valid_from": valid_from,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "value": Decimal(value),
        "received": 1,
        "source": "erp",
        "agreement_id": f"agreement-{level.name}",
        "applies_to": "12355",
        "run_id": "run",
        "line_number": 7,
    }
    numbers = ("base_quantity", "min_quantity")
    changes = {key: Decimal(item) if key in numbers else item for key, item in changes.items()}
    return PriceRow(**values | changes)


def a_wish(
    quantity: str = "1", unit: str | None = "PCE", at: datetime = NOON, currency: str | None = "GBP"
) -> Wish:
    """So many pieces, now, in pounds."""
    return Wish(Decimal(quantity), unit, currency, at)
