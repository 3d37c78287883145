"""Ages of feeds and states of exports over HTTP, for staff."""

from fastapi import Depends

from analytics.freshness.queries import exports, feeds
from analytics.freshness.schemas import ExportCount, ExportCounts, FeedAge, FeedAges
from analytics.wiring import Wired
from chassis.routing import router
from chassis.security import admin

routes = router("analytics")


@routes.get(
    "/admin/v1/analytics/feeds",
    operation_id="list_feed_ages",
    summary="How old the data of every feed is",
    dependencies=[Depends(admin("analytics:read"))],
)
async def list_feed_ages(wiring: Wired) -> FeedAges:
    now = wiring.clock.now()
    async with wiring.database.read() as reader:
        return FeedAges(items=[FeedAge.of(row, now) for row in await feeds(reader)])


@routes.get(
    "/admin/v1/analytics/exports",
    operation_id="count_exports",
    summary="Where the export of orders stands, by connector and state",
    dependencies=[Depends(admin("analytics:read"))],
)
async def count_exports(wiring: Wired) -> ExportCounts:
    async with wiring.database.read() as reader:
        return ExportCounts(items=[ExportCount(**row) for row in await exports(reader)])
