"""Activity of accounts on the wire."""

from datetime import date, datetime

from pydantic import Field
from sqlalchemy import RowMapping

from chassis.models import Answer


class AccountActivity(Answer):
    """An account, its users, and whether it came and ordered."""

    account_id: str
    external_id: str | None
    number: str | None
    users: int
    invited_users: int
    first_login_at: datetime | None
    last_login_on: date | None
    orders: int = Field(description="Orders within the period.")
    last_ordered_on: date | None = Field(description="Within the period.")

    @classmethod
    def of(cls, row: RowMapping) -> "AccountActivity":
        """The wire form of a row."""
        return cls(**row)


class ActivityCounts(Answer):
    """How many accounts there are of each kind."""

    accounts: int
    ordered: int = Field(description="Ordered within the period.")
    logged_in: int = Field(description="Whose last log-in is within the period or after it.")
    never_came: int = Field(description="Of whose users nobody ever logged in.")
    not_invited: int = Field(description="With users who never got an invitation.")
    without_users: int
    without_catalogue: int
