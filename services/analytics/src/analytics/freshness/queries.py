"""Feeds and exports from their copies."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import RowMapping, func, select

from analytics.tables import feed, order_export
from chassis.database import Reader

_SHOWN: Final = tuple(
    feed.c[name]
    for name in ("source", "resource", "scope", "mode", "state", "counts", "data_as_of", "finished_at")
)


async def feeds(reader: Reader) -> Sequence[RowMapping]:
    """Every feed, by source, resource and scope; of two services with one name, by service."""
    order = (feed.c.source, feed.c.resource, feed.c.scope, feed.c.service)
    return await reader.all(select(*_SHOWN).where(~feed.c.deleted).order_by(*order))


async def exports(reader: Reader) -> Sequence[RowMapping]:
    """How many exports there are, by connector and state."""
    group = (order_export.c.connector, order_export.c.state)
    counted = select(*group, func.count().label("exports")).where(~order_export.c.deleted)
    return await reader.all(counted.group_by(*group).order_by(*group))
