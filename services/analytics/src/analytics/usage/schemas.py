"""Usage on the wire: every list says since when it knows."""

from datetime import date, datetime
from typing import Generic, TypeVar

from pydantic import Field
from sqlalchemy import RowMapping

from chassis.models import Answer
from chassis.pages import Page

Item = TypeVar("Item")


class HeardPage(Page[Item], Generic[Item]):
    """A page of figures that rest on notices: of what happened before `since` nothing is known."""

    since: datetime = Field(description="Since when usage was listened to.")


class SearchTerm(Answer):
    """A term that was searched for, letter case and surrounding blanks aside."""

    term: str
    searches: int
    without_result: int
    users: int
    last_at: datetime

    @classmethod
    def of(cls, row: RowMapping) -> "SearchTerm":
        """The wire form of a row."""
        return cls(**row)


class LoginDay(Answer):
    """Log-ins of one local day."""

    day: date
    succeeded: int
    failed: int
    users: int
    accounts: int

    @classmethod
    def of(cls, row: RowMapping) -> "LoginDay":
        """The wire form of a row."""
        return cls(**row)


class PriceChangeDay(Answer):
    """Changes of prices on one local day."""

    day: date
    changes: int
    products: int = Field(description="Products named by the changes, each as often as it was.")
    whole_lists: int = Field(description="Changes that named no product because they concern all.")

    @classmethod
    def of(cls, row: RowMapping) -> "PriceChangeDay":
        """The wire form of a row."""
        return cls(**row)


class ProductViews(Answer):
    """How often a product was opened."""

    product_id: str
    external_id: str | None
    views: int
    users: int

    @classmethod
    def of(cls, row: RowMapping) -> "ProductViews":
        """The wire form of a row."""
        return cls(**row)
