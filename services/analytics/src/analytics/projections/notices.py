"""What notices said about usage and prices: each once, none to be told again."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Table, insert

from analytics.tables import login, price_change, search, view
from chassis.database import Transaction
from eventing.consumer import AnySubscription, Arrived, Subscription
from eventing.topics import ConsumedModel, Kind


class Used(ConsumedModel):
    """Who, for whom, where, when."""

    at: datetime
    user_id: str | None = None
    account_id: str | None = None
    channel_id: str | None = None


class Login(Used):
    """Somebody logged in, or tried to."""

    login_id: str
    succeeded: bool


class Search(Used):
    """Somebody searched."""

    term: str
    results: int


class View(Used):
    """Somebody opened a product."""

    product_id: str


class PriceChange(ConsumedModel):
    """Prices changed: of these products, or of all."""

    product_ids: tuple[str, ...] = ()
    all: bool = False


async def apply_price_changes(tx: Transaction, arrived: Sequence[Arrived[PriceChange]]) -> None:
    """Keeps when prices changed, and of how many products."""
    rows = [
        {"at": event.time, "products": None if event.value.all else len(event.value.product_ids)}
        for event in arrived
        if event.value is not None
    ]
    if rows:
        await tx.execute(insert(price_change), rows)


def _into(table: Table) -> Callable[[Transaction, Sequence[Arrived[Used]]], Awaitable[None]]:
    async def apply(tx: Transaction, arrived: Sequence[Arrived[Used]]) -> None:
        rows = [event.value.model_dump() for event in arrived if event.value is not None]
        if rows:
            await tx.execute(insert(table), rows)

    return apply


SUBSCRIPTIONS: Final[tuple[AnySubscription, ...]] = (
    Subscription("usage.login", Kind.NOTICE, Login, _into(login)),
    Subscription("usage.search", Kind.NOTICE, Search, _into(search)),
    Subscription("usage.view", Kind.NOTICE, View, _into(view)),
    Subscription("pricing.change-set", Kind.NOTICE, PriceChange, apply_price_changes),
)
