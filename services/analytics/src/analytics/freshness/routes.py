"""Ages of feeds and states of exports over HTTP, for staff."""

from datetime import datetime
from typing import Final

from fastapi import Depends
from sqlalchemy import RowMapping, func, select

from analytics.freshness.schemas import ExportCount, ExportCounts, FeedAge, FeedAges
from analytics.tables import feed, order_export
from analytics.wiring import Wired
from chassis.routing import router
from chassis.security import admin

routes = router("analytics")
_SHOWN: Final = tuple(
    feed.c[name]
    for name in ("source", "resource", "scope", "mode", "state", "counts", "data_as_of", "finished_at")
)


@routes.get(
    "/admin/v1/analytics/feeds",
    operation_id="list_feed_ages",
    summary="How old the data of every feed is",
    dependencies=[Depends(admin("analytics:read"))],
)
async def list_feed_ages(wiring: Wired) -> FeedAges:
    now = wiring.clock.now()
    order = (feed.c.source, feed.c.resource, feed.c.scope)
    async with wiring.database.read() as reader:
        rows = await reader.all(select(*_SHOWN).where(~feed.c.deleted).order_by(*order))
    return FeedAges(items=[FeedAge(**row, age_seconds=_age(row, now)) for row in rows])


@routes.get(
    "/admin/v1/analytics/exports",
    operation_id="count_exports",
    summary="Where the export of orders stands, by connector and state",
    dependencies=[Depends(admin("analytics:read"))],
)
async def count_exports(wiring: Wired) -> ExportCounts:
    group = (order_export.c.connector, order_export.c.state)
    counted = select(*group, func.count().label("exports")).where(~order_export.c.deleted)
    async with wiring.database.read() as reader:
        rows = await reader.all(counted.group_by(*group).order_by(*group))
    return ExportCounts(items=[ExportCount(**row) for row in rows])


def _age(row: RowMapping, now: datetime) -> int | None:
    known = row["data_as_of"] or row["finished_at"]
    return None if known is None else max(0, int((now - known).total_seconds()))
