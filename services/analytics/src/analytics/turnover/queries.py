"""Turnover from the copies of orders: one statement per answer, sums exact."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from sqlalchemy import (
    ColumnElement,
    Numeric,
    RowMapping,
    Select,
    Subquery,
    Text,
    cast,
    distinct,
    func,
    literal,
    null,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from analytics.period import Period
from analytics.tables import account, category, channel, order_line, product, sales_order
from chassis.database import Reader

Grouping = Literal["day", "account", "product", "category", "channel", "order"]
_ZERO: Final = cast(literal(0), Numeric)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What turnover is asked for; None leaves a field open."""

    by: Grouping
    period: Period
    currency: str | None = None
    origin: str | None = None
    account_id: str | None = None
    channel_id: str | None = None


async def turnover(
    reader: Reader, wanted: Wanted, after: Sequence[Any] | None, limit: int
) -> Sequence[RowMapping]:
    """Groups behind `after` (a position made by `position`), one more than `limit`.

    Days in their order, all else by turnover, the most first.
    """
    grouped = _grouped(wanted)
    rank = _ZERO if wanted.by == "day" else -grouped.c.turnover
    order = (rank, func.coalesce(grouped.c.key, ""), grouped.c.currency, grouped.c.origin)
    statement = _labelled(grouped, wanted.by).order_by(*order).limit(limit + 1)
    if after is not None:
        place = (Decimal(after[0]), *after[1:])
        statement = statement.where(tuple_(*order) > tuple_(*(literal(value) for value in place)))
    return await reader.all(statement)


def position(by: Grouping, row: RowMapping) -> list[Any]:
    """Where a row stands in the order of `turnover`, as JSON values."""
    rank = "0" if by == "day" else str(-row["turnover"])
    return [rank, row["key"] or "", row["currency"], row["origin"]]


def _grouped(wanted: Wanted) -> Subquery:
    """One row per group: its orders, lines and amounts, and beside them its quantities by unit."""
    line = _lines(wanted).subquery()
    group = (line.c.key, line.c.currency, line.c.origin)
    # Once per group, and once per group and unit: pieces and boxes are never added up.
    every_unit = func.grouping(line.c.unit) == 1
    counted = (
        select(
            *group,
            line.c.unit,
            every_unit.label("every_unit"),
            func.count(distinct(line.c.order_id)).label("orders"),
            func.count().label("lines"),
            func.sum(line.c.line_amount).label("turnover"),
            func.sum(line.c.quantity).label("quantity"),
        )
        .group_by(func.grouping_sets(tuple_(*group), tuple_(*group, line.c.unit)))
        .subquery()
    )
    found = counted.c
    # As text, because a JSON number would not be exact.
    quantity = func.jsonb_build_object("unit", found.unit, "quantity", cast(found.quantity, Text))
    ordered = aggregate_order_by(quantity, found.unit)
    return (
        select(
            found.key,
            found.currency,
            found.origin,
            *(
                func.max(found[name]).filter(found.every_unit).label(name)
                for name in ("orders", "lines", "turnover")
            ),
            func.jsonb_agg(ordered, type_=JSONB)
            .filter(~found.every_unit, found.unit.is_not(None))
            .label("quantities"),
        )
        .group_by(found.key, found.currency, found.origin)
        .subquery()
    )


def _lines(wanted: Wanted) -> Select[Any]:
    """The lines that count, each under the key of its group; by category, under each of them."""
    order = sales_order.c
    keys: dict[Grouping, ColumnElement[Any]] = {
        "day": cast(order.ordered_on, Text),
        "account": order.account_id,
        "channel": order.channel_id,
        "order": order.id,
        "product": order_line.c.product_id,
    }
    joined = sales_order.join(order_line, order_line.c.order_id == order.id)
    if wanted.by == "category":
        # A product counts in each of its categories of today; one without any, under no key.
        each = func.unnest(product.c.category_ids).table_valued("id").render_derived(name="each")
        joined = joined.outerjoin(product, product.c.id == order_line.c.product_id).outerjoin(each, true())
        keys["category"] = each.c.id
    return (
        select(
            keys[wanted.by].label("key"),
            order.currency,
            order.origin,
            order.id.label("order_id"),
            order_line.c.unit,
            order_line.c.quantity,
            order_line.c.line_amount,
        )
        .select_from(joined)
        .where(*_conditions(wanted))
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    order = sales_order.c
    conditions = [~order.deleted, order.ordered_on.between(wanted.period.first, wanted.period.last)]
    for name in ("currency", "origin", "account_id", "channel_id"):
        if (value := getattr(wanted, name)) is not None:
            conditions.append(order[name] == value)
    return conditions


def _labelled(grouped: Subquery, by: Grouping) -> Select[Any]:
    labels = {
        "account": (account, account.c.external_id),
        "product": (product, product.c.external_id),
        "category": (category, category.c.code),
        "channel": (channel, channel.c.code),
        "order": (sales_order, sales_order.c.order_number),
    }
    if by not in labels:
        return select(grouped, null().label("label"))
    table, label = labels[by]
    joined = grouped.outerjoin(table, table.c.id == grouped.c.key)
    return select(grouped, label.label("label")).select_from(joined)
