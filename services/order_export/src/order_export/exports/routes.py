"""Exports over HTTP, for the ERP: claim, and say what became of it."""

from typing import Annotated

from fastapi import Depends, Query

from chassis.pages import CursorInvalid, Page, Paged
from chassis.principal import Principal
from chassis.routing import problems, router
from chassis.security import integration
from chassis.values import Identifier
from order_export.errors import (
    ConnectorNotFound,
    ConnectorNotPull,
    ExportNotFound,
    ExportStateForbids,
    StaleFence,
)
from order_export.exports.models import State
from order_export.exports.schemas import (
    AcknowledgeRequest,
    ClaimAnswer,
    ClaimedExport,
    ClaimRequest,
    ExportOut,
    ExtendRequest,
    FenceRequest,
    RejectRequest,
)
from order_export.wiring import Wired

routes = router("order exports")
Exporting = Annotated[Principal, Depends(integration("orders:export"))]
_GUARDED = problems(ExportNotFound, ExportStateForbids, StaleFence)


@routes.post(
    "/integration/v1/order-exports/claim",
    operation_id="claim_order_exports",
    summary="Take orders that are due; each is leased and counts as sent",
    responses=problems(ConnectorNotFound, ConnectorNotPull),
)
async def claim_order_exports(wiring: Wired, principal: Exporting, body: ClaimRequest) -> ClaimAnswer:
    found = await wiring.pulls.claim(principal, body.connector, body.max, body.lease_seconds)
    return ClaimAnswer(items=[ClaimedExport.of(claimed) for claimed in found])


@routes.get(
    "/integration/v1/order-exports",
    operation_id="list_order_exports",
    summary="Exports of this client's source, newest first",
    responses=problems(CursorInvalid),
)
async def list_order_exports(
    wiring: Wired,
    principal: Exporting,
    paging: Paged,
    state: Annotated[list[State], Query(description="Only in these states.", max_length=9)] = [],  # noqa: B006 - FastAPI reads the default and never changes it
) -> Page[ExportOut]:
    states = sorted(set(state))
    before = paging.after("order-exports", principal.source, states)
    found = await wiring.pulls.page(principal, states, before[0] if before else None, paging.limit)
    return paging.page(found, ExportOut.of, lambda export: [export.id])


@routes.post(
    "/integration/v1/order-exports/{export_id}/acknowledge",
    operation_id="acknowledge_order_export",
    summary="The ERP has the order; the same number again is fine",
    responses=problems(ExportNotFound),
)
async def acknowledge_order_export(
    wiring: Wired, principal: Exporting, export_id: Identifier, body: AcknowledgeRequest
) -> ExportOut:
    lines = [line.model_dump() for line in body.lines]
    return ExportOut.of(
        await wiring.pulls.acknowledge(principal, export_id, body.fence, body.erp_order_number, lines)
    )


@routes.post(
    "/integration/v1/order-exports/{export_id}/reject",
    operation_id="reject_order_export",
    summary="The ERP does not take the order",
    responses=_GUARDED,
)
async def reject_order_export(
    wiring: Wired, principal: Exporting, export_id: Identifier, body: RejectRequest
) -> ExportOut:
    reasons = [reason.model_dump() for reason in body.reasons]
    return ExportOut.of(await wiring.pulls.reject(principal, export_id, body.fence, reasons))


@routes.post(
    "/integration/v1/order-exports/{export_id}/release",
    operation_id="release_order_export",
    summary="Give it back: nothing was booked",
    responses=_GUARDED,
)
async def release_order_export(
    wiring: Wired, principal: Exporting, export_id: Identifier, body: FenceRequest
) -> ExportOut:
    return ExportOut.of(await wiring.pulls.release(principal, export_id, body.fence))


@routes.post(
    "/integration/v1/order-exports/{export_id}/extend",
    operation_id="extend_order_export",
    summary="Ask for more time",
    responses=_GUARDED,
)
async def extend_order_export(
    wiring: Wired, principal: Exporting, export_id: Identifier, body: ExtendRequest
) -> ExportOut:
    return ExportOut.of(await wiring.pulls.extend(principal, export_id, body.fence, body.lease_seconds))
