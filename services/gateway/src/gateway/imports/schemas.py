"""Import runs on the wire, as every service shows its own."""

from datetime import datetime
from typing import Any

from chassis.models import Answer


class ImportRunListed(Answer):
    """One feed received, by whichever service keeps its resource."""

    id: str
    resource: str
    client: str
    source: str
    scope: str
    mode: str
    state: str
    reason: dict[str, Any] | None
    counts: dict[str, int]
    warnings: list[dict[str, Any]]
    measured: dict[str, int] | None
    progress_percent: int
    released_by: str | None
    created_at: datetime
    received_at: datetime | None
    finished_at: datetime | None
    data_as_of: datetime | None
