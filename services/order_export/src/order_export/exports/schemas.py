"""Exports on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from chassis.models import Answer, StrictModel
from chassis.values import Count, Line, LongText, Slug
from order_export.events import ExportStep, OrderState
from order_export.exports.deciding import Shown
from order_export.exports.models import State
from order_export.exports.pulling import Claimed
from order_export.exports.repository import Export, Step

Fence = Annotated[int, Field(strict=True, ge=1, le=2**63 - 1)]
ErpNumber = Annotated[Line, Field(max_length=64, description="The order's number in the ERP.")]
LeaseSeconds = Annotated[int, Field(strict=True, ge=10, le=86_400)]


class ClaimRequest(StrictModel):
    """Which connector asks, for how many orders at most, and how long it may take."""

    connector: Slug
    max: Annotated[int, Field(strict=True, ge=1, le=100)] = 20
    lease_seconds: LeaseSeconds | None = None


class ClaimedExport(Answer):
    """An order handed out. `redelivery`: it was handed out before, so it may be booked already."""

    export_id: str
    fence: int
    attempt: int
    redelivery: bool
    kind: str
    sequence: int
    lease_until: datetime
    order: OrderState

    @classmethod
    def of(cls, claimed: Claimed) -> "ClaimedExport":
        """The wire form of an export handed out."""
        export = claimed.export
        assert export.job.lease_until is not None
        return cls(
            export_id=export.id,
            fence=export.job.fence,
            attempt=export.job.attempt,
            # The fence counts every time it was taken; attempts begin anew when a person sends it again.
            redelivery=export.job.fence > 1,
            kind=export.kind,
            sequence=export.sequence,
            lease_until=export.job.lease_until,
            order=claimed.order,
        )


class ClaimAnswer(Answer):
    """What was handed out; empty when nothing is due."""

    items: list[ClaimedExport]


class AcknowledgedLine(StrictModel):
    """Which number a line got in the ERP."""

    line_number: Count
    erp_line_number: Line


class AcknowledgeRequest(StrictModel):
    """The ERP has the order under this number."""

    fence: Fence
    erp_order_number: ErpNumber
    lines: list[AcknowledgedLine] = Field(default_factory=list, max_length=1000)


class Reason(StrictModel):
    """Why the ERP does not take an order; `line_number` when it is about one line."""

    code: Line
    message: LongText = ""
    line_number: Count | None = None


class RejectRequest(StrictModel):
    """The ERP does not take the order."""

    fence: Fence
    reasons: Annotated[list[Reason], Field(min_length=1, max_length=1000)]


class FenceRequest(StrictModel):
    """Names the claim that is meant."""

    fence: Fence


class ExtendRequest(StrictModel):
    """Asks for more time, from now."""

    fence: Fence
    lease_seconds: LeaseSeconds


class ExportOut(Answer):
    """An export as its connector sees it."""

    export_id: str
    order_id: str
    kind: str
    sequence: int
    state: State
    fence: int
    attempt: int
    lease_until: datetime | None
    erp_order_number: str | None
    updated_at: datetime

    @classmethod
    def of(cls, export: Export) -> "ExportOut":
        """The wire form of an export."""
        return cls(
            export_id=export.id,
            order_id=export.order_id,
            kind=export.kind,
            sequence=export.sequence,
            state=export.job.state,
            fence=export.job.fence,
            attempt=export.job.attempt,
            lease_until=export.job.lease_until,
            erp_order_number=export.job.erp_order_number,
            updated_at=export.updated_at,
        )


class AdminExport(Answer):
    """An export as staff see it in a list."""

    id: str
    order_id: str
    order_number: str
    account_id: str
    source: str
    connector: str | None
    guarantee: str | None
    kind: str
    sequence: int
    state: State
    attempt: int
    lease_until: datetime | None
    next_attempt_at: datetime
    erp_order_number: str | None
    reasons: list[dict[str, Any]] | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, shown: Shown) -> "AdminExport":
        """The wire form of an export for staff."""
        return cls(**_admin(shown))


class AdminExportDetail(AdminExport):
    """An export with its evidence, oldest first."""

    steps: list[ExportStep]

    @classmethod
    def with_steps(cls, shown: Shown, steps: list[Step]) -> "AdminExportDetail":
        """The wire form of an export with its evidence."""
        evidence = [
            ExportStep(
                at=step.at,
                event=step.event,
                state=step.state,
                attempt=step.attempt,
                by=step.by,
                details=None if step.details is None else dict(step.details),
            )
            for step in steps
        ]
        return cls(**_admin(shown), steps=evidence)


class ReplayRequest(StrictModel):
    """Why it is sent again."""

    reason: Line


class DecideRequest(StrictModel):
    """How an export ended, as a person found out; `erp_order_number` with `acknowledged` only."""

    outcome: Literal["acknowledged", "rejected"]
    erp_order_number: ErpNumber | None = None
    reason: Line


def _admin(shown: Shown) -> dict[str, Any]:
    export, connector, job = shown.export, shown.connector, shown.export.job
    return {
        "id": export.id,
        "order_id": export.order_id,
        "order_number": shown.order.order_number,
        "account_id": shown.order.account_id,
        "source": export.source,
        "connector": None if connector is None else connector.code,
        "guarantee": None if connector is None else connector.policy.guarantee,
        "kind": export.kind,
        "sequence": export.sequence,
        "state": job.state,
        "attempt": job.attempt,
        "lease_until": job.lease_until,
        "next_attempt_at": job.next_attempt_at,
        "erp_order_number": job.erp_order_number,
        "reasons": None if job.reasons is None else [dict(reason) for reason in job.reasons],
        "created_at": export.created_at,
        "updated_at": export.updated_at,
    }
