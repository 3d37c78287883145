"""The strict base of every wire model."""

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, field_serializer

from chassis.money import round_amount
from chassis.values import Amount, CurrencyCode, plain


class StrictModel(BaseModel):
    """What a caller sends: unknown fields are refused, values are frozen once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    """What we answer: every field is always there, so none has a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Money(StrictModel):
    """A sum with its currency."""

    amount: Amount
    currency: CurrencyCode

    @field_serializer("amount")
    def _with_minor_unit(self, amount: Decimal) -> str:
        """12.50 and not 12.5: a sum is written to the minor unit of its currency."""
        rounded = round_amount(amount, self.currency)
        return format(rounded, "f") if rounded == amount else plain(amount)
