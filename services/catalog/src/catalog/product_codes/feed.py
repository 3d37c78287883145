"""The feed of product codes."""

from typing import Final

from catalog.listings.repository import NORMALIZED
from catalog.tables import product_code
from feeds.feed import Discontinue, FeedColumn, TableFeed
from feeds.fields import Field, Kind, RowSchema

SCHEMA: Final = RowSchema(
    Field(name="kind", kind=Kind.ENUM, required=True, choices=("gtin", "manufacturer", "former", "customer")),
    Field(name="code", kind=Kind.KEY, required=True, max_length=64),
    Field(name="product", kind=Kind.REFERENCE, required=True, max_length=64),
    Field(name="account", kind=Kind.REFERENCE, max_length=64, description="Whose own number it is."),
    Field(name="unit", kind=Kind.KEY, max_length=64, description="The packaging the code stands on."),
    key=("kind", "code", "product", "account"),
)


PRODUCT_CODES: Final = TableFeed(
    resource="product-codes",
    schema=SCHEMA,
    table=product_code,
    key_column="row_key",
    columns=(
        FeedColumn(column="kind"),
        FeedColumn(column="code"),
        FeedColumn(column="normalized", field="code", value=NORMALIZED.format("c.code")),
        FeedColumn(column="product_id", field="product", value="c.product_id"),
        FeedColumn(column="account_source", field="account", value="c.account_source"),
        FeedColumn(column="account_external_id", field="account", value="c.account"),
        FeedColumn(column="unit"),
    ),
    discontinue=Discontinue(column="deleted"),
    prepared={"product_id": "text"},
)
