"""Users on the wire."""

from datetime import date, datetime
from typing import Annotated, Self

from pydantic import Field

from accounts.users.models import ManagedBy, Status, User
from accounts.users.service import Invitation, WantedChange
from chassis.failures import Failure
from chassis.models import Answer, StrictModel
from chassis.values import Flag, Identifier, Line, Locale, MailAddress


class Colleague(Answer):
    """A user as the account sees it: nothing here tells whether the person had a login before."""

    id: str
    account_id: str
    email: str
    name: str | None
    role_id: str
    role_code: str
    managed_by: ManagedBy
    status: Status
    sees_prices: bool
    sees_stock: bool
    invited_at: datetime | None
    first_login_at: datetime | None
    last_login_on: date | None

    @classmethod
    def of(cls, user: User) -> Self:
        """The wire form of a user."""
        own = {name: getattr(user, name) for name in cls.model_fields if hasattr(user, name)}
        return cls(**own, role_id=user.role.id, role_code=user.role.code)


class UserOut(Colleague):
    """A user as staff see it."""

    login_id: str
    login_name: str | None


class UserInvite(StrictModel):
    """Somebody to become a user of the caller's own account."""

    email: MailAddress
    name: Line | None = None
    role_id: Identifier
    sees_prices: Flag = True
    sees_stock: Flag = True
    locale: Locale | None = None
    send_mail: Flag = True

    def for_account(self, account_id: str) -> Invitation:
        """The invitation into an account."""
        return Invitation(
            account_id,
            self.email,
            self.name,
            self.role_id,
            self.sees_prices,
            self.sees_stock,
            self.locale,
            self.send_mail,
        )


class StaffUserInvite(UserInvite):
    """Somebody to become a user of an account."""

    account_id: Identifier


class UserInviteBatch(StrictModel):
    """Up to 1,000 people to become users."""

    items: Annotated[list[StaffUserInvite], Field(min_length=1, max_length=1000)]


class UserInviteResult(Answer):
    """What became of one item of a batch."""

    index: int
    status: str
    user_id: str | None
    code: str | None

    @classmethod
    def of(cls, index: int, outcome: User | Failure) -> Self:
        """The wire form of an outcome."""
        if isinstance(outcome, Failure):
            return cls(index=index, status="rejected", user_id=None, code=outcome.code)
        return cls(index=index, status="created", user_id=outcome.id, code=None)


class UserInviteResults(Answer):
    """What became of a batch, item by item."""

    counts: dict[str, int]
    results: list[UserInviteResult]


class UserInvitations(StrictModel):
    """Users to be sent an invitation, up to 1,000."""

    user_ids: Annotated[list[Identifier], Field(min_length=1, max_length=1000)]


class UserInvitationsSent(Answer):
    """Who was sent one; who logged in before or is unknown is left out."""

    user_ids: list[str]


class UserPatch(StrictModel):
    """Fields of a user to be changed; absent ones stay."""

    role_id: Identifier | None = None
    sees_prices: Flag | None = None
    sees_stock: Flag | None = None

    def change(self) -> WantedChange:
        """The change asked for."""
        return WantedChange(self.role_id, self.sees_prices, self.sees_stock)
