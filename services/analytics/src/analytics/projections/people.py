"""Copies of accounts, their users and the channels."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from analytics.projections.keeping import keep
from analytics.tables import account, channel, member
from chassis.database import Transaction
from eventing.consumer import AnySubscription, Arrived, Subscription
from eventing.topics import ConsumedModel, Kind


class Account(ConsumedModel):
    """Of an account: its keys, and what a list of accounts is filtered by."""

    source: str
    external_id: str
    number: str | None = None
    customer_group: str | None = None
    catalogue_id: str | None = None
    block: str = "none"


class User(ConsumedModel):
    """Of a user: whether it came."""

    account_id: str
    invited_at: datetime | None = None
    first_login_at: datetime | None = None
    last_login_on: date | None = None


class Channel(ConsumedModel):
    """Of a channel: its name."""

    code: str
    name: str | None = None


async def apply_accounts(tx: Transaction, arrived: Sequence[Arrived[Account]]) -> None:
    """Keeps the copy of the accounts."""
    await keep(tx, account, Account, arrived)


async def apply_users(tx: Transaction, arrived: Sequence[Arrived[User]]) -> None:
    """Keeps the copy of the users."""
    await keep(tx, member, User, arrived)


async def apply_channels(tx: Transaction, arrived: Sequence[Arrived[Channel]]) -> None:
    """Keeps the copy of the channels."""
    await keep(tx, channel, Channel, arrived)


SUBSCRIPTIONS: Final[tuple[AnySubscription, ...]] = (
    Subscription("accounts.account", Kind.STATE, Account, apply_accounts),
    Subscription("accounts.user", Kind.STATE, User, apply_users),
    Subscription("accounts.channel", Kind.STATE, Channel, apply_channels),
)
