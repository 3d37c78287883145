"""Exports over HTTP, for staff: what happened, send again, decide."""

from typing import Annotated

from fastapi import Depends, Query, Response

from chassis.etag import if_match, set_etag
from chassis.pages import CursorInvalid, Page, Paged
from chassis.principal import Principal
from chassis.routing import problems, router
from chassis.security import admin
from chassis.values import Identifier
from order_export.errors import ExportNotFound, ExportStateForbids, SettlementInvalid
from order_export.exports.models import State
from order_export.exports.schemas import AdminExport, AdminExportDetail, DecideRequest, ReplayRequest
from order_export.wiring import Wired, Wiring

routes = router("order exports")
Reading = Annotated[Principal, Depends(admin("exports:read"))]
Writing = Annotated[Principal, Depends(admin("exports:write"))]
Version = Annotated[int, Depends(if_match)]


@routes.get(
    "/admin/v1/order-exports",
    operation_id="list_exports",
    summary="Exports, newest first",
    responses=problems(CursorInvalid),
)
async def list_exports(
    wiring: Wired,
    _: Reading,
    paging: Paged,
    state: Annotated[list[State], Query(description="Only in these states.", max_length=9)] = [],  # noqa: B006 - FastAPI reads the default and never changes it
    order_id: Annotated[Identifier | None, Query(description="Only of this order.")] = None,
) -> Page[AdminExport]:
    states = sorted(set(state))
    before = paging.after("exports", states, order_id)
    found = await wiring.exports.page(states, order_id, before[0] if before else None, paging.limit)
    return paging.page(found, AdminExport.of, lambda shown: [shown.export.id])


@routes.get(
    "/admin/v1/order-exports/{export_id}",
    operation_id="get_export",
    summary="One export with its evidence",
    responses=problems(ExportNotFound),
)
async def get_export(
    wiring: Wired, _: Reading, export_id: Identifier, response: Response
) -> AdminExportDetail:
    return await _shown(wiring, export_id, response)


@routes.post(
    "/admin/v1/order-exports/{export_id}/replay",
    operation_id="replay_export",
    summary="Send it again",
    responses=problems(ExportNotFound, ExportStateForbids),
)
async def replay_export(
    wiring: Wired,
    principal: Writing,
    export_id: Identifier,
    body: ReplayRequest,
    version: Version,
    response: Response,
) -> AdminExportDetail:
    await wiring.exports.replay(principal, export_id, version, body.reason)
    return await _shown(wiring, export_id, response)


@routes.post(
    "/admin/v1/order-exports/{export_id}/decide",
    operation_id="decide_export",
    summary="Say how it ended, where no machine can",
    responses=problems(ExportNotFound, ExportStateForbids, SettlementInvalid),
)
async def decide_export(
    wiring: Wired,
    principal: Writing,
    export_id: Identifier,
    body: DecideRequest,
    version: Version,
    response: Response,
) -> AdminExportDetail:
    if (body.outcome == "acknowledged") != (body.erp_order_number is not None):
        raise SettlementInvalid
    await wiring.exports.settle(principal, export_id, version, body.erp_order_number, body.reason)
    return await _shown(wiring, export_id, response)


async def _shown(wiring: Wiring, export_id: str, response: Response) -> AdminExportDetail:
    shown, steps = await wiring.exports.get(export_id)
    set_etag(response, shown.export.version)
    return AdminExportDetail.with_steps(shown, steps)
