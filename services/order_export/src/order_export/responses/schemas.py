"""Order responses on the wire, where they are not the feed's own rows."""

from datetime import datetime

from sqlalchemy import RowMapping

from chassis.models import Answer


class UnresolvedResponse(Answer):
    """An answer of the ERP that matches no order yet."""

    id: str
    source: str
    external_id: str
    kind: str
    occurred_at: datetime
    order_number: str | None
    erp_order_number: str | None

    @classmethod
    def of(cls, row: RowMapping) -> "UnresolvedResponse":
        """The wire form of a row."""
        return cls(**{name: row[name] for name in cls.model_fields})
