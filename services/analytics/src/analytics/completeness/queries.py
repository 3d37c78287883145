"""Completeness from the copies of products; placeholders and discontinued products need no texts."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Integer, RowMapping, Text, cast, column, func, literal, select, true, tuple_

from analytics.tables import product
from chassis.database import Reader

_LIVING: Final = (~product.c.deleted, ~product.c.placeholder, product.c.lifecycle != "discontinued")


async def by_channel(reader: Reader) -> Sequence[RowMapping]:
    """Channel by channel."""
    each = func.jsonb_each_text(product.c.completeness).table_valued(
        column("key", Text), column("value", Text), name="each"
    )
    percent = cast(each.c.value, Integer)
    return await reader.all(
        select(
            each.c.key.label("channel"),
            func.count().label("products"),
            func.count().filter(percent >= 100).label("complete"),
            func.round(func.avg(percent), 1).label("average_percent"),
        )
        .select_from(product.join(each, true()))
        .where(*_LIVING)
        .group_by(each.c.key)
        .order_by(each.c.key)
    )


async def incomplete(
    reader: Reader, channel: str, below: int, after: Sequence[Any] | None, limit: int
) -> Sequence[RowMapping]:
    """Products under a percentage, the least complete first, behind `after`, one more than `limit`."""
    percent = cast(product.c.completeness[channel].astext, Integer)
    order = (percent, product.c.id)
    statement = (
        select(product.c.id.label("product_id"), product.c.external_id, percent.label("percent"))
        .where(*_LIVING, percent < below)
        .order_by(*order)
        .limit(limit + 1)
    )
    if after is not None:
        statement = statement.where(tuple_(*order) > tuple_(*(literal(value) for value in after)))
    return await reader.all(statement)
