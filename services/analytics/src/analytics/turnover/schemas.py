"""Turnover on the wire."""

from decimal import Decimal

from pydantic import Field
from sqlalchemy import RowMapping

from chassis.models import Answer, Money
from chassis.values import plain


class QuantityInUnit(Answer):
    """How much was ordered in one unit."""

    unit: str
    quantity: str = Field(description="An exact decimal, however long.")


class TurnoverRow(Answer):
    """Orders and their line amounts as placed, for one group, currency and origin."""

    key: str | None = Field(description="The day, or the id of what was grouped by; null for none.")
    label: str | None = Field(description="Its code, ERP key or number as known today.")
    origin: str
    orders: int
    lines: int
    quantities: list[QuantityInUnit] = Field(description="What was ordered, by the unit it was ordered in.")
    turnover: Money

    @classmethod
    def of(cls, row: RowMapping) -> "TurnoverRow":
        """The wire form of a row."""
        return cls(
            key=row["key"],
            label=row["label"],
            origin=row["origin"],
            orders=row["orders"],
            lines=row["lines"],
            quantities=[
                QuantityInUnit(unit=entry["unit"], quantity=plain(Decimal(entry["quantity"])))
                for entry in row["quantities"] or ()
            ],
            turnover=Money(amount=row["turnover"], currency=row["currency"]),
        )
