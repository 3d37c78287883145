"""Activity of accounts over HTTP, for staff."""

from typing import Annotated

from fastapi import Depends, Query

from analytics.activity.queries import Kind, accounts, counts
from analytics.activity.schemas import AccountActivity, ActivityCounts
from analytics.period import InPeriod, PeriodInvalid
from analytics.wiring import Wired
from chassis.pages import CursorInvalid, Page, Paged
from chassis.routing import problems, router
from chassis.security import admin

routes = router("analytics")


@routes.get(
    "/admin/v1/analytics/account-activity",
    operation_id="list_account_activity",
    summary="Accounts that ordered, logged in, never came, or cannot come",
    dependencies=[Depends(admin("analytics:read"))],
    responses=problems(CursorInvalid, PeriodInvalid),
)
async def list_account_activity(
    wiring: Wired,
    paging: Paged,
    period: InPeriod,
    kind: Annotated[Kind | None, Query(description="Only accounts of this kind.")] = None,
) -> Page[AccountActivity]:
    after = paging.after("account-activity", kind, period.binding)
    async with wiring.database.read() as reader:
        rows = await accounts(reader, kind, period, after[0] if after else None, paging.limit)
    return paging.page(rows, AccountActivity.of, lambda row: [row["account_id"]])


@routes.get(
    "/admin/v1/analytics/account-activity/counts",
    operation_id="count_account_activity",
    summary="How many accounts ordered, logged in, never came, or cannot come",
    dependencies=[Depends(admin("analytics:read"))],
    responses=problems(PeriodInvalid),
)
async def count_account_activity(wiring: Wired, period: InPeriod) -> ActivityCounts:
    async with wiring.database.read() as reader:
        return ActivityCounts(**await counts(reader, period))
