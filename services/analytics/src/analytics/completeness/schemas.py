"""Completeness on the wire."""

from sqlalchemy import RowMapping

from chassis.models import Answer
from chassis.values import Percent


class CompletenessByChannel(Answer):
    """How well the products of a channel are described."""

    channel: str
    products: int
    complete: int
    average_percent: Percent

    @classmethod
    def of(cls, row: RowMapping) -> "CompletenessByChannel":
        """The wire form of a row."""
        return cls(**row)


class Completeness(Answer):
    """Completeness by channel."""

    items: list[CompletenessByChannel]


class IncompleteProduct(Answer):
    """A product that lacks something for a channel; catalog names the fields."""

    product_id: str
    external_id: str
    percent: int

    @classmethod
    def of(cls, row: RowMapping) -> "IncompleteProduct":
        """The wire form of a row."""
        return cls(**row)
