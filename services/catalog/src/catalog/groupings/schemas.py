"""Brands and item groups on the wire."""

from sqlalchemy import RowMapping

from catalog.categories.schemas import Names
from chassis.models import Answer, StrictModel


class GroupingOut(Answer):
    """A brand or item group: the ERP's code, and names given here."""

    id: str
    source: str
    external_id: str
    names: dict[str, str]

    @classmethod
    def of(cls, row: RowMapping) -> "GroupingOut":
        """The wire form of a row."""
        return cls(**{name: row[name] for name in cls.model_fields})


class GroupingNames(StrictModel):
    """Names by locale, given whole."""

    names: Names
