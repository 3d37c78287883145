"""Turnover over HTTP, for staff."""

from typing import Annotated, Literal

from fastapi import Depends, Query

from analytics.period import InPeriod, PeriodInvalid
from analytics.turnover.queries import Grouping, Wanted, position, turnover
from analytics.turnover.schemas import TurnoverRow
from analytics.wiring import Wired
from chassis.pages import CursorInvalid, Page, Paged
from chassis.routing import problems, router
from chassis.security import admin
from chassis.values import Identifier

routes = router("analytics")


@routes.get(
    "/admin/v1/analytics/turnover",
    operation_id="list_turnover",
    summary="Orders and turnover as placed, by day, account, product, category, channel or order",
    dependencies=[Depends(admin("analytics:read"))],
    responses=problems(CursorInvalid, PeriodInvalid),
)
async def list_turnover(
    wiring: Wired,
    paging: Paged,
    period: InPeriod,
    by: Annotated[Grouping, Query(description="What to group by.")] = "day",
    currency: Annotated[str | None, Query(pattern="^[A-Z]{3}$", description="Only this currency.")] = None,
    origin: Annotated[Literal["platform", "erp"] | None, Query(description="Only orders born there.")] = None,
    account_id: Annotated[Identifier | None, Query(description="Only this account.")] = None,
    channel_id: Annotated[Identifier | None, Query(description="Only this channel.")] = None,
) -> Page[TurnoverRow]:
    wanted = Wanted(by, period, currency, origin, account_id, channel_id)
    after = paging.after("turnover", by, period.binding, currency, origin, account_id, channel_id)
    async with wiring.database.read() as reader:
        rows = await turnover(reader, wanted, after, paging.limit)
    return paging.page(rows, TurnoverRow.of, lambda row: position(by, row))
