"""The list of import runs, for clients and for staff."""

from typing import Annotated

from fastapi import Depends, Query

from chassis.pages import CursorInvalid, Page, Paged, Paging
from chassis.principal import Principal
from chassis.routing import problems, router
from chassis.security import admin, integration
from chassis.upstream import UpstreamDown
from chassis.values import Slug
from gateway.imports.schemas import ImportRunListed
from gateway.wiring import Wired, Wiring

routes = router("imports")
Sending = Annotated[Principal, Depends(integration("imports:read"))]
Watching = Annotated[Principal, Depends(admin("imports:read"))]
States = Annotated[list[Slug], Query(max_length=10, description="Only runs in one of these states.")]


@routes.get(
    "/integration/v1/imports",
    operation_id="list_imports",
    summary="Import runs of your source, of all resources, newest first",
    responses=problems(CursorInvalid, UpstreamDown),
)
async def list_imports(
    wiring: Wired,
    principal: Sending,
    paging: Paged,
    state: States = [],  # noqa: B006 - only read
) -> Page[ImportRunListed]:
    return await _page(wiring, principal, paging, state)


@routes.get(
    "/admin/v1/imports",
    operation_id="list_all_imports",
    summary="Import runs of all sources and resources, newest first",
    responses=problems(CursorInvalid, UpstreamDown),
)
async def list_all_imports(
    wiring: Wired,
    principal: Watching,
    paging: Paged,
    state: States = [],  # noqa: B006 - only read
) -> Page[ImportRunListed]:
    return await _page(wiring, principal, paging, state)


async def _page(
    wiring: Wiring, principal: Principal, paging: Paging, states: list[str]
) -> Page[ImportRunListed]:
    after = paging.after("imports", sorted(states))
    runs = await wiring.import_runs.page(principal, states, after[0] if after else None, paging.limit)
    return paging.page(runs, ImportRunListed.model_validate, lambda run: [run["id"]])
