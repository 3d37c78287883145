"""The hot read: an account's agreements, then rows for just the products asked for, in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import asyncpg
import orjson

from chassis.database import Database
from pricing.prices.models import (
    Aim,
    Level,
    Overlap,
    Policy,
    Precedence,
    PricedProduct,
    PriceRow,
    RowKind,
)

_LEVELS: Final = {"account": Level.ACCOUNT, "price_group": Level.PRICE_GROUP, "all": Level.ALL}
_AIMS: Final = {"product": Aim.PRODUCT, "discount_group": Aim.DISCOUNT_GROUP, "all": Aim.ALL}
_KINDS: Final = {kind.value: kind for kind in RowKind}

_CANDIDATES: Final = """
WITH payer AS MATERIALIZED (
    SELECT source, external_id, price_group, currency FROM account
    WHERE id = $1 AND source IS NOT NULL AND NOT deleted),
agreements AS MATERIALIZED (
    SELECT g.id, g.type, g.external_id FROM payer a
    CROSS JOIN LATERAL (VALUES ('account', a.external_id), ('price_group', a.price_group), ('all', ''))
        AS wanted (type, external_id)
    JOIN agreement g ON g.source = a.source AND g.type = wanted.type AND g.external_id = wanted.external_id)
SELECT payer.currency, policy.precedence, policy.overlap, asked.position,
    p.id AS product_id, p.base_unit, p.sales_unit, p.units::text AS units,
    r.id, r.type, r.applies_to, r.agreement_id, r.target_type, r.kind, r.unit, r.currency AS row_currency,
    r.base_quantity, r.min_quantity, r.valid_from, r.starts_at, r.ends_at, r.value, r.received, r.source,
    r.run_id, r.line_number
FROM payer
CROSS JOIN (SELECT precedence, overlap FROM price_policy) policy
CROSS JOIN unnest($2::text[]) WITH ORDINALITY AS asked (product_id, position)
LEFT JOIN product p ON p.id = asked.product_id AND NOT p.deleted
LEFT JOIN LATERAL (
    SELECT g.type, g.external_id AS applies_to, x.* FROM agreements g
    JOIN price x ON x.agreement_id = g.id AND NOT x.deleted
        AND x.target_id = ANY (ARRAY[p.id, 'group:' || p.source || ':' || p.discount_group, '*'])
    WHERE p.id IS NOT NULL {only}) r ON true
ORDER BY asked.position
"""
_NOW: Final = _CANDIDATES.format(
    only="""AND (x.starts_at IS NULL OR x.starts_at <= $3) AND (x.ends_at IS NULL OR x.ends_at > $3)
        AND (x.currency IS NULL OR x.currency = (SELECT currency FROM payer))"""
)
_EVERY: Final = _CANDIDATES.format(only="AND $3::timestamptz IS NOT NULL")


@dataclass(frozen=True, slots=True)
class Candidates:
    """What may decide the prices of an account: its currency, the policy, and per position the rows.

    A product that pricing does not know is None.
    """

    currency: str | None
    policy: Policy
    products: Sequence[tuple[PricedProduct | None, Sequence[PriceRow]]]


class PriceQueries:
    """Reads candidates by the raw pool."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def candidates(
        self, account_id: str, product_ids: Sequence[str], at: datetime, *, every: bool = False
    ) -> Candidates | None:
        """The rows valid at a moment in the account's currency, or with `every` all rows; by position.

        None when the account is not known.
        """
        pool = await self._database.hot()
        records = await pool.fetch(_EVERY if every else _NOW, account_id, list(product_ids), at)
        if not records:
            return None
        first = records[0]
        products: list[tuple[PricedProduct | None, list[PriceRow]]] = []
        for record in records:
            if len(products) < record["position"]:
                products.append((_product(record), []))
            if record["id"] is not None:
                products[-1][1].append(_row(record))
        policy = Policy(Precedence(first["precedence"]), Overlap(first["overlap"]))
        return Candidates(first["currency"], policy, products)


def units_of(stored: Mapping[str, Any]) -> dict[str, Decimal]:
    """Packagings as stored: unit → decimal text."""
    return {unit: Decimal(quantity) for unit, quantity in stored.items()}


def _product(record: asyncpg.Record) -> PricedProduct | None:
    if record["product_id"] is None:
        return None
    units = record["units"]
    factors = {} if units == "{}" else units_of(orjson.loads(units))
    return PricedProduct(record["product_id"], record["base_unit"], record["sales_unit"], factors)


def _row(record: asyncpg.Record) -> PriceRow:
    return PriceRow(
        id=record["id"],
        level=_LEVELS[record["type"]],
        aim=_AIMS[record["target_type"]],
        kind=_KINDS[record["kind"]],
        unit=record["unit"],
        currency=record["row_currency"],
        base_quantity=record["base_quantity"],
        min_quantity=record["min_quantity"],
        valid_from=record["valid_from"],
        starts_at=record["starts_at"],
        ends_at=record["ends_at"],
        value=record["value"],
        received=record["received"],
        source=record["source"],
        agreement_id=record["agreement_id"],
        applies_to=record["applies_to"],
        run_id=record["run_id"],
        line_number=record["line_number"],
    )
