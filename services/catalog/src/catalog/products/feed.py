"""The product feed: what an ERP says about a product."""

from typing import Final

from catalog.tables import product
from feeds.feed import Discontinue, FeedColumn, TableFeed
from feeds.fields import Field, Kind, RowSchema

_PACKAGING: Final = (
    Field(name="unit", kind=Kind.KEY, required=True, max_length=64),
    Field(name="quantity_in_base_unit", kind=Kind.QUANTITY, required=True),
    Field(name="gtin", kind=Kind.KEY, max_length=14),
)

SCHEMA: Final = RowSchema(
    Field(name="external_id", kind=Kind.KEY, required=True, max_length=64, description="The SKU, exactly."),
    Field(name="description", kind=Kind.TEXT, max_length=2000, multiline=True),
    Field(name="brand", kind=Kind.KEY, max_length=64, description="The ERP's code of the brand."),
    Field(name="item_group", kind=Kind.KEY, max_length=64, description="The ERP's code of the item group."),
    Field(
        name="base_unit", kind=Kind.KEY, required=True, max_length=64, description="Stock is counted in it."
    ),
    Field(name="sales_unit", kind=Kind.KEY, max_length=64, description="Sold in it; empty: the base unit."),
    Field(name="packagings", kind=Kind.JSON, of=_PACKAGING, max_items=50),
    Field(name="minimum_quantity", kind=Kind.QUANTITY, description="In sales units."),
    Field(name="quantity_multiple", kind=Kind.QUANTITY, description="In sales units."),
    Field(name="maximum_quantity", kind=Kind.QUANTITY, description="In sales units."),
    Field(name="tax_group", kind=Kind.KEY, max_length=64),
    Field(name="discount_group", kind=Kind.KEY, max_length=64),
    Field(name="lifecycle", kind=Kind.ENUM, choices=("active", "phase_out", "discontinued")),
    Field(
        name="superseded_by", kind=Kind.REFERENCE, max_length=64, description="The product that replaces it."
    ),
    Field(name="is_charge", kind=Kind.BOOLEAN, description="Postage and the like: known, never sold."),
    Field(name="erp_attributes", kind=Kind.JSON, description="Whatever else the ERP sends."),
    key=("external_id",),
)

COLUMNS: Final = (
    *(
        FeedColumn(column=name)
        for name in (
            "description",
            "base_unit",
            "sales_unit",
            "packagings",
            "minimum_quantity",
            "quantity_multiple",
            "maximum_quantity",
            "tax_group",
            "discount_group",
            "erp_attributes",
        )
    ),
    FeedColumn(column="brand_id", field="brand", value="c.brand_id"),
    FeedColumn(column="item_group_id", field="item_group", value="c.item_group_id"),
    FeedColumn(column="superseded_by_id", field="superseded_by", value="c.superseded_by_id"),
    FeedColumn(column="lifecycle", default="'active'"),
    FeedColumn(column="is_charge", default="false"),
)

PRODUCTS: Final = TableFeed(
    resource="products",
    schema=SCHEMA,
    table=product,
    columns=COLUMNS,
    discontinue=Discontinue(
        column="lifecycle", gone="'discontinued'", live="'active'", revive_in_delta=False
    ),
    prepared={"brand_id": "text", "item_group_id": "text", "superseded_by_id": "text"},
    placeholder="placeholder",
    derived=("listing", "catalogue_member"),
)
