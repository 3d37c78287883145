"""A user, and what he may do: pure."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from accounts.blocks import Block
from accounts.roles.models import Role

ManagedBy = Literal["erp", "platform"]
Status = Literal["created", "invited", "active"]


@dataclass(frozen=True, slots=True)
class User:
    """A login's membership of an account. `sees_prices` and `sees_stock` narrow the role's flags.

    `name` is what the account calls the person, `login_name` what the person does: other accounts may have
    taught us that one, so it is for the person and for staff only.
    """

    id: str
    version: int
    login_id: str
    email: str
    name: str | None
    login_name: str | None
    account_id: str
    account_number: str | None
    account_name: str | None
    currency: str | None
    block: Block
    role: Role
    managed_by: ManagedBy
    sees_prices: bool
    sees_stock: bool
    invited_at: datetime | None
    first_login_at: datetime | None
    last_login_on: date | None
    deleted: bool = False

    @property
    def status(self) -> Status:
        """created → invited → active."""
        if self.first_login_at is not None:
            return "active"
        return "invited" if self.invited_at is not None else "created"

    def permissions(self) -> frozenset[str]:
        """What the user may do: the role's permissions, narrowed by the user's flags."""
        return self.role.granted(sees_prices=self.sees_prices, sees_stock=self.sees_stock)

    def logged_in(self, now: datetime, today: date, version: int) -> "User":
        """The user after a log-in; the same object when nothing published changed."""
        if self.first_login_at is not None and self.last_login_on == today:
            return self
        return replace(self, version=version, first_login_at=self.first_login_at or now, last_login_on=today)


@dataclass(frozen=True, slots=True)
class UserChange:
    """What somebody wants to change; None leaves it as it is."""

    role: Role | None = None
    sees_prices: bool | None = None
    sees_stock: bool | None = None

    def applied_to(self, user: User, version: int) -> User:
        """The user with the change."""
        wanted = {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}
        return replace(user, version=version, **wanted)


def loses_rights(before: User, after: User) -> bool:
    """Whether access tokens given before grant too much now."""
    return after.deleted or not before.permissions() <= after.permissions()
