"""Products on the wire of the channel surface, as catalog and pricing write them: for the contract."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from chassis.models import StrictModel
from chassis.values import (
    CurrencyCode,
    ExternalKey,
    Identifier,
    Line,
    Percent,
    Quantity,
    StockQuantity,
    UnitPrice,
)


class Shown(BaseModel):
    """What we answer; a field with a default is there only when it was asked for."""

    model_config = ConfigDict(extra="allow", frozen=True)


class PriceBreak(Shown):
    """From this quantity on, this price."""

    min_quantity: Quantity
    net_price: UnitPrice


class Price(Shown):
    """What a product costs this account; `base_quantity`: the price is per so many units (EN 16931).

    Without the right to see prices the status is `hidden` and nothing else is there; while pricing does not
    answer it is `unavailable`.
    """

    status: Literal["priced", "on_request", "unavailable", "hidden"]
    net_price: UnitPrice | None = None
    gross_price: UnitPrice | None = None
    discount_percent: Percent | None = None
    base_quantity: Quantity | None = None
    unit: str | None = None
    currency: CurrencyCode | None = None
    price_breaks: list[PriceBreak] | None = None


class Availability(Shown):
    """What is in stock, in the base unit."""

    quantity: StockQuantity
    unit: str | None
    as_of: datetime | None


class BrandShown(Shown):
    """A brand."""

    id: str
    name: str


class Packaging(Shown):
    """A unit the product is sold in."""

    unit: str
    quantity_in_base_unit: Quantity
    gtin: str | None
    decimals: int


class OrderTerms(Shown):
    """Quantities that may be ordered, in the sales unit."""

    minimum: Quantity | None
    multiple: Quantity | None
    maximum: Quantity | None


class ProductItem(Shown):
    """A product, or a group of variants, in a list."""

    type: Literal["product", "variant_group"]
    id: str
    external_id: str
    title: str
    brand: BrandShown | None
    category_ids: list[str]
    base_unit: str | None
    sales_unit: str | None
    units: list[Packaging]
    order_terms: OrderTerms
    lifecycle: Literal["active", "phase_out"]
    image: str | None
    availability: Availability | None = None
    price: Price | None = None


class FacetValue(Shown):
    """A value that products of the list have, and how many have it."""

    value: str
    label: str
    count: int


class Facet(Shown):
    """An attribute to narrow the list by; it does not filter itself."""

    code: str
    type: str
    label: str
    unit: str | None
    values: list[FacetValue]
    min: str | None
    max: str | None


class ProductPage(Shown):
    """A page of products."""

    items: list[ProductItem]
    next_cursor: str | None
    facets: list[Facet] | None = None
    total: int | None = None


class AttributeValueShown(Shown):
    """One value of an attribute."""

    value: str
    label: str


class AttributeShown(Shown):
    """An attribute with its values."""

    code: str
    label: str
    type: str
    unit: str | None
    values: list[AttributeValueShown]


class MediaShown(Shown):
    """A link to an image or document."""

    kind: str
    url: str
    label: str | None


class RelatedProduct(Shown):
    """A product this one is related to, and how."""

    type: str
    product: ProductItem


class RelationPage(Shown):
    """A page of relations."""

    items: list[RelatedProduct]
    next_cursor: str | None


class ProductDetail(ProductItem):
    """Everything about one product, in one answer."""

    description: str | None
    item_group_id: str | None
    superseded_by_id: str | None
    attributes: list[AttributeShown]
    media: list[MediaShown] | None = None
    variants: list[ProductItem] | None = None
    relations: list[RelatedProduct] | None = None


class Suggestion(Shown):
    """What somebody who types this may be looking for."""

    type: Literal["product"]
    text: str
    id: str
    external_id: str


class Suggestions(Shown):
    """Suggestions, the best first."""

    items: list[Suggestion]


class ResolveLine(StrictModel):
    """A number as somebody wrote it down: SKU, GTIN, manufacturer's, former, or the account's own."""

    code: ExternalKey
    quantity: Quantity | None = None
    unit: Line | None = None


class ResolveRequest(StrictModel):
    """Lines to find products for."""

    items: Annotated[list[ResolveLine], Field(min_length=1, max_length=500)]


class ResolvedLine(Shown):
    """What was found for one line."""

    index: int
    code: str
    quantity: Quantity | None
    unit: str | None
    status: Literal["matched", "ambiguous", "superseded", "not_found"]
    products: list[ProductItem]


class Resolved(Shown):
    """What was found, line by line, in the order asked."""

    items: list[ResolvedLine]


class PriceAsked(StrictModel):
    """A product to be priced; without a unit its sales unit, without a quantity one."""

    product_id: Identifier
    unit: Line | None = None
    quantity: Quantity | None = None


class PricesRequest(StrictModel):
    """Products to be priced."""

    items: Annotated[list[PriceAsked], Field(min_length=1, max_length=200)]


class PricedItem(Shown):
    """A product with its price."""

    product_id: str
    unit: str | None = None
    quantity: Quantity | None = None
    price: Price


class PricesAnswer(Shown):
    """Prices of the products among those asked for that are in the caller's assortment."""

    items: list[PricedItem]


class CategoryShown(Shown):
    """A category of a tree."""

    id: str
    tree_id: str
    parent_id: str | None
    code: str
    name: str
    position: int
    product_count: int


class CategoriesAnswer(Shown):
    """The categories in which the caller sees something."""

    items: list[CategoryShown]
    next_cursor: str | None
