"""Completeness over HTTP, for staff."""

from typing import Annotated

from fastapi import Depends, Query

from analytics.completeness.queries import by_channel, incomplete
from analytics.completeness.schemas import Completeness, CompletenessByChannel, IncompleteProduct
from analytics.wiring import Wired
from chassis.pages import CursorInvalid, Page, Paged
from chassis.routing import problems, router
from chassis.security import admin
from chassis.values import Digits, SearchText

routes = router("analytics")


@routes.get(
    "/admin/v1/analytics/completeness",
    operation_id="get_completeness",
    summary="How well products are described, by channel",
    dependencies=[Depends(admin("analytics:read"))],
)
async def get_completeness(wiring: Wired) -> Completeness:
    async with wiring.database.read() as reader:
        return Completeness(items=[CompletenessByChannel.of(row) for row in await by_channel(reader)])


@routes.get(
    "/admin/v1/analytics/completeness/products",
    operation_id="list_incomplete_products",
    summary="Products that lack something for a channel",
    dependencies=[Depends(admin("analytics:read"))],
    responses=problems(CursorInvalid),
)
async def list_incomplete_products(
    wiring: Wired,
    paging: Paged,
    channel: Annotated[SearchText, Query(description="The channel's code.")],
    below: Annotated[
        int, Digits, Query(ge=1, le=100, description="Only products under this percentage.")
    ] = 100,
) -> Page[IncompleteProduct]:
    after = paging.after("incomplete", channel, below)
    async with wiring.database.read() as reader:
        rows = await incomplete(reader, channel, below, after, paging.limit)
    return paging.page(rows, IncompleteProduct.of, lambda row: [row["percent"], row["product_id"]])
