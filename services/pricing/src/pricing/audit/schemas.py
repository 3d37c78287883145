"""Audit rows on the wire."""

from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from chassis.models import Answer


class PricingAuditEntry(Answer):
    """Who changed what, and how it was before and after."""

    id: str
    at: datetime
    caller: str
    subject: str
    actor: str | None
    action: str
    object_kind: str
    object_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    request_id: str | None

    @classmethod
    def of(cls, row: RowMapping) -> "PricingAuditEntry":
        """The wire form of a row."""
        return cls(**row)
