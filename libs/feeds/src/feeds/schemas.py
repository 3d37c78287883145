"""Wire models of import runs, their results and import profiles."""

from datetime import datetime
from typing import Any

from pydantic import Field
from sqlalchemy import RowMapping

from chassis.models import Answer, StrictModel
from chassis.values import Line as LineText
from feeds.batch import UnresolvedReference, shown_key
from feeds.profiles import ImportProfile
from feeds.runs import Run


class ImportRun(Answer):
    """One feed received."""

    id: str
    resource: str
    client: str
    source: str
    scope: str
    mode: str
    state: str
    reason: dict[str, Any] | None = Field(description="Why it is held, failed, cancelled or superseded.")
    counts: dict[str, int]
    warnings: list[dict[str, Any]] = Field(description="About the run as a whole.")
    measured: dict[str, int] | None = Field(
        description="Live rows, and what would be discontinued and repriced."
    )
    progress_percent: int
    released_by: str | None
    created_at: datetime
    received_at: datetime | None
    finished_at: datetime | None
    data_as_of: datetime | None


class ImportRunList(Answer):
    """Runs for whoever merges them with those of other services."""

    items: list[ImportRun]


class ImportResult(Answer):
    """What became of one input line; `line_number` is null for a row that a full feed left out."""

    line_number: int | None
    external_id: str | None
    status: str
    unresolved: list[UnresolvedReference]
    warnings: list[dict[str, Any]]
    errors: list[dict[str, Any]]
    changes: dict[str, Any]


class ProfileBody(StrictModel):
    """An import profile as an administrator writes it."""

    name: LineText
    settings: ImportProfile


class ProfileAnswer(Answer):
    """An import profile as it is kept."""

    id: str
    resource: str
    name: str
    settings: ImportProfile
    updated_at: datetime
    updated_by: str


def show_run(run: Run) -> ImportRun:
    """A run on the wire."""
    merged = sum(
        run.counts[name] for name in ("created", "updated", "unchanged", "skipped_newer", "discontinued")
    )
    share = 100 * merged // run.counts["staged"] if run.counts["staged"] else 0
    return ImportRun(
        id=run.id,
        resource=run.resource,
        client=run.client,
        source=run.source,
        scope=run.scope,
        mode=run.mode,
        state=run.state,
        reason=dict(run.reason) if run.reason else None,
        counts=dict(run.counts),
        warnings=[dict(note) for note in run.notes],
        measured=run.progress.get("measured"),
        progress_percent=100 if run.state == "done" else min(share, 99),
        released_by=run.released_by,
        created_at=run.created_at,
        received_at=run.received_at,
        finished_at=run.finished_at,
        data_as_of=run.data_as_of,
    )


def show_result(row: RowMapping) -> ImportResult:
    """A result on the wire."""
    details = row["details"] or {}
    return ImportResult(
        line_number=row["line_number"] if row["line_number"] > 0 else None,
        external_id=shown_key(row["key"]),
        status=row["status"],
        unresolved=details.get("unresolved", []),
        warnings=details.get("warnings", []),
        errors=details.get("errors", []),
        changes=details.get("changes", {}),
    )


def show_profile(row: RowMapping) -> ProfileAnswer:
    """A profile on the wire."""
    return ProfileAnswer(
        id=row["id"],
        resource=row["resource"],
        name=row["name"],
        settings=ImportProfile.model_validate(row["settings"]),
        updated_at=row["updated_at"],
        updated_by=row["updated_by"],
    )
