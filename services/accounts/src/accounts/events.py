"""What accounts publishes: its topics and the public state of its aggregates."""

from datetime import date, datetime
from typing import Final, Literal

from accounts.blocks import Block
from eventing.topics import EventModel, Kind, Topic
from feeds.announcing import FeedState

SubjectKind = Literal["account", "login", "user", "role", "staff", "client"]


class AccountState(EventModel):
    """A customer account, without a name, mail or phone."""

    id: str
    source: str
    external_id: str
    number: str | None
    customer_group: str | None
    price_group: str | None
    discount_group: str | None
    catalogue_id: str | None
    currency: str | None
    tax_group: str | None
    payment_terms: str | None
    delivery_terms: str | None
    block: Block
    parent_account_id: str | None
    created_at: datetime


class UserState(EventModel):
    """A login's membership of an account; the flags are already narrowed by the role's."""

    id: str
    account_id: str
    login_id: str
    role_id: str
    managed_by: Literal["erp", "platform"]
    status: Literal["created", "invited", "active"]
    sees_prices: bool
    sees_stock: bool
    invited_at: datetime | None
    first_login_at: datetime | None
    last_login_on: date | None


class RoleState(EventModel):
    """What a role may do."""

    id: str
    code: str
    kind: Literal["user", "staff"]
    permissions: list[str]
    sees_prices: bool
    sees_stock: bool


class ChannelState(EventModel):
    """A registered ordering channel."""

    id: str
    code: str
    name: str
    origins: list[str]


class RevocationState(EventModel):
    """Access tokens of the subject issued before this moment have ended."""

    id: str
    subject_kind: SubjectKind
    subject_id: str
    not_before: int


class LoginNotice(EventModel):
    """Somebody logged in, or tried to."""

    login_id: str
    user_id: str | None
    account_id: str | None
    channel_id: str | None
    at: datetime
    succeeded: bool


ACCOUNT: Final = Topic("accounts.account", Kind.STATE, AccountState)
USER: Final = Topic("accounts.user", Kind.STATE, UserState)
ROLE: Final = Topic("accounts.role", Kind.STATE, RoleState)
CHANNEL: Final = Topic("accounts.channel", Kind.STATE, ChannelState)
REVOCATION: Final = Topic("accounts.revocation", Kind.STATE, RevocationState, urgent=True)
FEED: Final = Topic("accounts.feed", Kind.STATE, FeedState)
LOGIN: Final = Topic("usage.login", Kind.NOTICE, LoginNotice)

SOURCE: Final = "/kontor/accounts"
TOPICS: Final = (ACCOUNT, USER, ROLE, CHANNEL, REVOCATION, FEED, LOGIN)
