"""What catalog publishes: its topics and the public state of its aggregates."""

from typing import Any, Final, Literal

from eventing.topics import EventModel, Kind, Topic
from feeds.announcing import FeedState

Lifecycle = Literal["active", "phase_out", "discontinued"]


class Packaging(EventModel):
    """A unit the product also comes in; decimals are text."""

    unit: str
    quantity_in_base_unit: str
    gtin: str | None


class OrderTerms(EventModel):
    """What may be ordered, in sales units; decimals are text."""

    minimum: str | None
    multiple: str | None
    maximum: str | None


class ProductState(EventModel):
    """What others decide by; texts and media are not in it."""

    id: str
    source: str
    external_id: str
    brand_id: str | None
    item_group_id: str | None
    category_ids: list[str]
    variant_group_id: str | None
    base_unit: str | None
    sales_unit: str | None
    units: list[Packaging]
    order_terms: OrderTerms
    tax_group: str | None
    discount_group: str | None
    lifecycle: Lifecycle
    superseded_by_id: str | None
    placeholder: bool
    completeness: dict[str, int]
    is_charge: bool


class CatalogueState(EventModel):
    """An assortment and how it is defined; its members are not in it."""

    id: str
    code: str
    name: str
    definition: dict[str, Any]


class CategoryState(EventModel):
    """A category; `path` is the ids from the root to itself."""

    id: str
    tree_id: str
    parent_id: str | None
    code: str
    names: dict[str, str]
    position: int
    path: list[str]


PRODUCT: Final = Topic("catalog.product", Kind.STATE, ProductState)
CATALOGUE: Final = Topic("catalog.catalogue", Kind.STATE, CatalogueState)
CATEGORY: Final = Topic("catalog.category", Kind.STATE, CategoryState)
FEED: Final = Topic("catalog.feed", Kind.STATE, FeedState)

SOURCE: Final = "/kontor/catalog"
TOPICS: Final = (PRODUCT, CATALOGUE, CATEGORY, FEED)
