"""What channels get, on the wire; the answers themselves are built by PostgreSQL."""

from typing import Annotated, Literal

from pydantic import Field

from chassis.models import Answer, StrictModel
from chassis.values import ExternalKey, Identifier, Line, Quantity

DecimalText = Annotated[str, Field(description="A decimal as text.", examples=["12.5"])]


class BrandOut(Answer):
    """A brand."""

    id: str
    name: str


class UnitOut(Answer):
    """A unit the product comes in besides its base unit."""

    unit: str
    quantity_in_base_unit: DecimalText
    gtin: str | None
    decimals: int


class OrderTermsOut(Answer):
    """What may be ordered, in sales units."""

    minimum: DecimalText | None
    multiple: DecimalText | None
    maximum: DecimalText | None


class AvailabilityOut(Answer):
    """Stock over all locations, and how old the oldest figure in it is."""

    quantity: DecimalText
    unit: str | None
    as_of: str | None


class ProductItem(Answer):
    """A product in a list."""

    type: Literal["product", "variant_group"]
    id: str
    external_id: str
    title: str
    brand: BrandOut | None
    category_ids: list[str]
    base_unit: str | None
    sales_unit: str | None
    units: list[UnitOut]
    order_terms: OrderTermsOut
    lifecycle: Literal["active", "phase_out"]
    image: str | None
    availability: AvailabilityOut | None = Field(
        None, description="Only where asked for, by callers who may see stock; null: unknown."
    )


class FacetValue(Answer):
    """A value and how many products have it."""

    value: str
    label: str
    count: int


class Facet(Answer):
    """A property to narrow the list by."""

    code: str
    type: str
    label: str
    unit: str | None
    values: list[FacetValue]
    min: str | None
    max: str | None


class ProductPage(Answer):
    """A page of products."""

    items: list[ProductItem]
    next_cursor: str | None
    facets: list[Facet] | None = Field(None, description="Only with include=facets.")
    total: int | None = Field(None, description="Only with include=total.")


class ValueOut(Answer):
    """A value and how it is shown."""

    value: str
    label: str


class ProductAttribute(Answer):
    """A property of a product."""

    code: str
    label: str
    type: str
    unit: str | None
    values: list[ValueOut]


class MediaOut(Answer):
    """A picture, document or film."""

    kind: Literal["image", "document", "video"]
    url: str
    label: str | None


class RelationOut(Answer):
    """A related product."""

    type: str
    product: ProductItem


class ProductDetail(ProductItem):
    """A product's page."""

    description: str | None
    item_group_id: str | None
    superseded_by_id: str | None
    attributes: list[ProductAttribute]
    media: list[MediaOut] | None = None
    relations: list[RelationOut] | None = None
    variants: list[ProductItem] | None = None


class RelationPage(Answer):
    """The products related to one."""

    items: list[RelationOut]
    next_cursor: str | None


class Suggestion(Answer):
    """What somebody who types may mean."""

    type: Literal["product"]
    text: str
    id: str
    external_id: str


class Suggestions(Answer):
    """Suggestions, the best first."""

    items: list[Suggestion]


class ChannelCategory(Answer):
    """A category with something in it."""

    id: str
    tree_id: str
    parent_id: str | None
    code: str
    name: str
    position: int
    product_count: int


class ChannelCategories(Answer):
    """Categories, parents before children."""

    items: list[ChannelCategory]
    next_cursor: str | None


class OrderingLine(StrictModel):
    """A product somebody wants to order."""

    product_id: Identifier
    unit: Line | None = None


class OrderingRequest(StrictModel):
    """Products somebody wants to order."""

    items: Annotated[list[OrderingLine], Field(min_length=1, max_length=1000)]


class OrderingItem(Answer):
    """On which terms a product may be ordered; one that is not visible says only that."""

    product_id: str
    visible: bool
    source: str | None = None
    external_id: str | None = None
    description: str | None = None
    base_unit: str | None = None
    decimals: int | None = Field(None, description="Of a quantity in the base unit.")
    sales_unit: str | None = None
    units: list[UnitOut] | None = None
    order_terms: OrderTermsOut | None = None
    tax_group: str | None = None
    discount_group: str | None = None
    lifecycle: str | None = None


class OrderingAnswer(Answer):
    """One item per line asked for, in that order."""

    items: list[OrderingItem]


class CodeLine(StrictModel):
    """A code as somebody typed or pasted it."""

    code: ExternalKey
    quantity: Quantity | None = None
    unit: Line | None = None


class ResolveRequest(StrictModel):
    """Codes to be understood."""

    items: Annotated[list[CodeLine], Field(min_length=1, max_length=500)]


class ResolvedLine(Answer):
    """What a code stands for; `unit` is the one asked for, else the one the code means (a box's GTIN)."""

    index: int
    code: str
    quantity: str | None
    unit: str | None
    status: Literal["matched", "ambiguous", "superseded", "not_found"]
    products: list[ProductItem]


class ResolveAnswer(Answer):
    """One item per code, in the order given."""

    items: list[ResolvedLine]
