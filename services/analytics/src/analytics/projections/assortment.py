"""Copies of products and categories."""

from collections.abc import Sequence
from typing import Final

from analytics.projections.keeping import keep
from analytics.tables import category, product
from chassis.database import Transaction
from eventing.consumer import AnySubscription, Arrived, Subscription
from eventing.topics import ConsumedModel, Kind


class Product(ConsumedModel):
    """Of a product: its key, its categories of today, how well it is described (percent by channel)."""

    external_id: str
    category_ids: tuple[str, ...] = ()
    lifecycle: str
    placeholder: bool = False
    completeness: dict[str, int] | None = None


class Category(ConsumedModel):
    """Of a category: its names by locale."""

    code: str
    names: dict[str, str]


async def apply_products(tx: Transaction, arrived: Sequence[Arrived[Product]]) -> None:
    """Keeps the copy of the products."""
    await keep(tx, product, Product, arrived)


async def apply_categories(tx: Transaction, arrived: Sequence[Arrived[Category]]) -> None:
    """Keeps the copy of the categories."""
    await keep(tx, category, Category, arrived)


SUBSCRIPTIONS: Final[tuple[AnySubscription, ...]] = (
    Subscription("catalog.product", Kind.STATE, Product, apply_products),
    Subscription("catalog.category", Kind.STATE, Category, apply_categories),
)
