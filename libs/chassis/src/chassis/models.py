"""The strict base of every wire model."""

from pydantic import BaseModel, ConfigDict

from chassis.values import Amount, CurrencyCode


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
