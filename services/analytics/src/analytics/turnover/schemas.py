"""Turnover on the wire."""

from pydantic import Field
from sqlalchemy import RowMapping

from chassis.models import Answer, Money


class TurnoverRow(Answer):
    """Orders and their line amounts as placed, for one group, currency and origin."""

    key: str | None = Field(description="The day, or the id of what was grouped by; null for none.")
    label: str | None = Field(description="Its code or ERP key as known today.")
    origin: str
    orders: int
    turnover: Money

    @classmethod
    def of(cls, row: RowMapping) -> "TurnoverRow":
        """The wire form of a row."""
        return cls(
            key=row["key"],
            label=row["label"],
            origin=row["origin"],
            orders=row["orders"],
            turnover=Money(amount=row["turnover"], currency=row["currency"]),
        )
