"""Log-ins and tokens on the wire."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from pydantic import Field, Strict, StringConstraints

from accounts.customer_accounts.service import AccountWithAddresses
from accounts.permissions import SEES_PRICES, SEES_STOCK
from accounts.sessions.service import Credentials, Granted
from accounts.users.models import User
from chassis.models import Answer, StrictModel
from chassis.values import Identifier, Line, MailAddress, NoControl, Slug

BEARER: Final = "Bearer"
Password = Annotated[str, Strict(), StringConstraints(min_length=1, max_length=256), NoControl]
Secret = Annotated[str, Strict(), StringConstraints(min_length=1, max_length=512), NoControl]


class LoginRequest(StrictModel):
    """A person's log-in through a registered channel."""

    email: MailAddress
    password: Password
    channel: Slug
    channel_secret: Secret | None = None
    account_id: Identifier | None = None

    def credentials(self) -> Credentials:
        """What is to be proven."""
        return Credentials(self.email, self.password, self.channel, self.channel_secret, self.account_id)


class StaffLoginRequest(StrictModel):
    """A staff member's log-in."""

    email: MailAddress
    password: Password

    def credentials(self) -> Credentials:
        """What is to be proven."""
        return Credentials(self.email, self.password, "", None, None)


class RefreshRequest(StrictModel):
    """A refresh token to be exchanged; through a confidential channel with that channel's secret."""

    refresh_token: Secret
    channel_secret: Secret | None = None


class StaffRefreshRequest(StrictModel):
    """A staff member's refresh token to be exchanged."""

    refresh_token: Secret


class LogoutRequest(StrictModel):
    """The session to end; without a token every session of the login ends."""

    refresh_token: Secret | None = None


class SwitchAccountRequest(StrictModel):
    """Another account of the same login."""

    account_id: Identifier


class PasswordResetRequest(StrictModel):
    """A mail address that may belong to a login."""

    email: MailAddress


class PasswordSetRequest(StrictModel):
    """A new password, with the token of a mailed link."""

    token: Secret
    password: Password
    name: Line | None = None


class TokenAnswer(Answer):
    """Tokens; the access token lives `expires_in` seconds."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    refresh_token: str
    account_id: str | None

    @classmethod
    def of(cls, granted: Granted) -> "TokenAnswer":
        """The wire form of what was granted."""
        return cls(
            access_token=granted.access.text,
            token_type=BEARER,
            expires_in=granted.access.expires_in,
            refresh_token=granted.refresh_token,
            account_id=granted.principal.account_id,
        )


class ClientTokenAnswer(Answer):
    """A machine client's token (RFC 6749, 5.1)."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    scope: str


class MyAccount(Answer):
    """An account the login may order for."""

    id: str
    number: str | None
    name: str | None
    user_id: str

    @classmethod
    def of(cls, user: User) -> "MyAccount":
        """The account a login is a user of."""
        return cls(id=user.account_id, number=user.account_number, name=user.account_name, user_id=user.id)


class OrderRules(Answer):
    """What holds for orders of the account."""

    may_order: bool
    blocked: bool


class Me(Answer):
    """Who is logged in, for which account, and what he may do."""

    user_id: str
    login_id: str
    email: str
    name: str | None
    account_id: str
    accounts: list[MyAccount]
    permissions: list[str]
    sees_prices: bool
    sees_stock: bool
    currency: str | None
    locales: list[str]
    order_rules: OrderRules
    default_ship_to_id: Annotated[str | None, Field(description="Where goods go when an order does not say.")]

    @classmethod
    def of(
        cls, user: User, found: AccountWithAddresses, users: Sequence[User], locales: Sequence[str]
    ) -> "Me":
        """The wire form of a user; `users` are those its login is, this one among them."""
        permissions = user.permissions()
        blocked = user.block != "none"
        ship_to = found.default_ship_to
        return cls(
            user_id=user.id,
            login_id=user.login_id,
            email=user.email,
            name=user.login_name or user.name,
            account_id=user.account_id,
            accounts=[MyAccount.of(each) for each in users],
            permissions=sorted(permissions),
            sees_prices=SEES_PRICES in permissions,
            sees_stock=SEES_STOCK in permissions,
            currency=user.currency,
            locales=list(locales),
            order_rules=OrderRules(may_order="orders:place" in permissions and not blocked, blocked=blocked),
            default_ship_to_id=ship_to.id if ship_to else None,
        )
