"""What order_export listens to: accounts, their users, products."""

from collections.abc import Sequence
from typing import Final

from chassis.database import Transaction
from eventing.consumer import Arrived, Subscription
from eventing.projection import upsert
from eventing.topics import ConsumedModel, Kind
from order_export.tables import account, product, user


class Account(ConsumedModel):
    """Of an account: its key and whether it may order."""

    source: str
    external_id: str
    number: str | None = None
    block: str


class User(ConsumedModel):
    """Of a user: whose it is."""

    account_id: str
    status: str


class Product(ConsumedModel):
    """Of a product: its key, and what follows it."""

    source: str
    external_id: str
    lifecycle: str
    superseded_by_id: str | None = None


async def apply_accounts(tx: Transaction, arrived: Sequence[Arrived[Account]]) -> None:
    """Keeps the copy of the accounts; one that was deleted stays known as such."""
    rows = [
        {
            "id": event.key,
            "version": event.version,
            "source": event.value.source if event.value else None,
            "external_id": event.value.external_id if event.value else None,
            "number": event.value.number if event.value else None,
            "block": event.value.block if event.value else "access",
            "deleted": event.value is None,
        }
        for event in arrived
    ]
    await upsert(tx, account, rows)


async def apply_users(tx: Transaction, arrived: Sequence[Arrived[User]]) -> None:
    """Keeps the copy of the users."""
    rows = [
        {
            "id": event.key,
            "version": event.version,
            "account_id": event.value.account_id if event.value else None,
            "status": event.value.status if event.value else None,
            "deleted": event.value is None,
        }
        for event in arrived
    ]
    await upsert(tx, user, rows)


async def apply_products(tx: Transaction, arrived: Sequence[Arrived[Product]]) -> None:
    """Keeps the copy of the products."""
    rows = [
        {
            "id": event.key,
            "version": event.version,
            "source": event.value.source if event.value else None,
            "external_id": event.value.external_id if event.value else None,
            "lifecycle": event.value.lifecycle if event.value else "discontinued",
            "superseded_by_id": event.value.superseded_by_id if event.value else None,
            "deleted": event.value is None,
        }
        for event in arrived
    ]
    await upsert(tx, product, rows)


SUBSCRIBED: Final = (
    Subscription("accounts.account", Kind.STATE, Account, apply_accounts),
    Subscription("accounts.user", Kind.STATE, User, apply_users),
    Subscription("catalog.product", Kind.STATE, Product, apply_products),
)
