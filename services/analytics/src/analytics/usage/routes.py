"""Usage over HTTP, for staff."""

from datetime import date
from typing import Annotated

from fastapi import Depends, Query

from analytics.period import InPeriod, PeriodInvalid
from analytics.usage.queries import login_days, price_change_days, since, terms, views
from analytics.usage.schemas import HeardPage, LoginDay, PriceChangeDay, ProductViews, SearchTerm
from analytics.wiring import Wired
from chassis.pages import CursorInvalid, Paged
from chassis.routing import problems, router
from chassis.security import admin

routes = router("analytics")
Allowed = Depends(admin("analytics:read"))


@routes.get(
    "/admin/v1/analytics/searches",
    operation_id="list_search_terms",
    summary="What is searched for, and what is not found",
    dependencies=[Allowed],
    responses=problems(CursorInvalid, PeriodInvalid),
)
async def list_search_terms(
    wiring: Wired,
    paging: Paged,
    period: InPeriod,
    without_result: Annotated[
        bool, Query(description="Only terms that found nothing, by how often.")
    ] = False,
) -> HeardPage[SearchTerm]:
    after = paging.after("searches", without_result, period.binding)
    weight = "without_result" if without_result else "searches"
    async with wiring.database.read() as reader:
        rows = await terms(reader, period, without_result=without_result, after=after, limit=paging.limit)
        known = await since(reader, "search")
    page = paging.page(rows, SearchTerm.of, lambda row: [row[weight], row["term"]])
    return HeardPage(since=known, items=page.items, next_cursor=page.next_cursor)


@routes.get(
    "/admin/v1/analytics/logins",
    operation_id="list_login_days",
    summary="Log-ins by day",
    dependencies=[Allowed],
    responses=problems(CursorInvalid, PeriodInvalid),
)
async def list_login_days(wiring: Wired, paging: Paged, period: InPeriod) -> HeardPage[LoginDay]:
    after = paging.after("logins", period.binding)
    behind = date.fromisoformat(after[0]) if after else None
    async with wiring.database.read() as reader:
        rows = await login_days(reader, period, wiring.zone.key, behind, paging.limit)
        known = await since(reader, "login")
    page = paging.page(rows, LoginDay.of, lambda row: [row["day"].isoformat()])
    return HeardPage(since=known, items=page.items, next_cursor=page.next_cursor)


@routes.get(
    "/admin/v1/analytics/price-changes",
    operation_id="list_price_change_days",
    summary="How often prices change, by day",
    dependencies=[Allowed],
    responses=problems(CursorInvalid, PeriodInvalid),
)
async def list_price_change_days(wiring: Wired, paging: Paged, period: InPeriod) -> HeardPage[PriceChangeDay]:
    after = paging.after("price-changes", period.binding)
    behind = date.fromisoformat(after[0]) if after else None
    async with wiring.database.read() as reader:
        rows = await price_change_days(reader, period, wiring.zone.key, behind, paging.limit)
        known = await since(reader, "price_change")
    page = paging.page(rows, PriceChangeDay.of, lambda row: [row["day"].isoformat()])
    return HeardPage(since=known, items=page.items, next_cursor=page.next_cursor)


@routes.get(
    "/admin/v1/analytics/product-views",
    operation_id="list_product_views",
    summary="Which products are opened",
    dependencies=[Allowed],
    responses=problems(CursorInvalid, PeriodInvalid),
)
async def list_product_views(wiring: Wired, paging: Paged, period: InPeriod) -> HeardPage[ProductViews]:
    after = paging.after("product-views", period.binding)
    async with wiring.database.read() as reader:
        rows = await views(reader, period, after, paging.limit)
        known = await since(reader, "view")
    page = paging.page(rows, ProductViews.of, lambda row: [row["views"], row["product_id"]])
    return HeardPage(since=known, items=page.items, next_cursor=page.next_cursor)
