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

from analytics.period import Period
from analytics.tables import account, category, channel, order_line, product, sales_order
from chassis.database import Reader

Grouping = Literal["day", "account", "product", "category", "channel"]
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
    order = sales_order.c
    keys: dict[Grouping, ColumnElement[Any]] = {
        "day": cast(order.ordered_on, Text),
        "account": order.account_id,
        "channel": order.channel_id,
        "product": order_line.c.product_id,
    }
    amount, joined = order.turnover, sales_order
    if wanted.by in ("product", "category"):
        amount = order_line.c.line_amount
        joined = sales_order.join(order_line, order_line.c.order_id == order.id)  # type: ignore[assignment]  # a join is selected from like a table
    if wanted.by == "category":
        # A product counts in each of its categories of today; one without any, under no key.
        each = func.unnest(product.c.category_ids).table_valued("id").render_derived(name="each")
        joined = joined.outerjoin(product, product.c.id == order_line.c.product_id)  # type: ignore[assignment]  # as above
        joined = joined.outerjoin(each, true())  # type: ignore[assignment]  # as above
        keys["category"] = each.c.id
    key = keys[wanted.by].label("key")
    statement = select(
        key,
        order.currency,
        order.origin,
        func.count(distinct(order.id)).label("orders"),
        func.sum(amount).label("turnover"),
    )
    return (
        statement.select_from(joined)
        .where(*_conditions(wanted))
        .group_by(key, order.currency, order.origin)
        .subquery()
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
    }
    if by not in labels:
        return select(grouped, null().label("label"))
    table, label = labels[by]
    joined = grouped.outerjoin(table, table.c.id == grouped.c.key)
    return select(grouped, label.label("label")).select_from(joined)
