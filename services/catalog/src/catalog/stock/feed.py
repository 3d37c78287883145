"""The stock feed."""

from typing import Final

from catalog.tables import stock
from feeds.feed import Discontinue, FeedColumn, TableFeed
from feeds.fields import Field, Kind, RowSchema

SCHEMA: Final = RowSchema(
    Field(name="product", kind=Kind.REFERENCE, required=True, max_length=64),
    Field(name="location", kind=Kind.KEY, max_length=64, description="Empty: the only one there is."),
    Field(
        name="quantity", kind=Kind.DECIMAL, required=True, description="In the base unit, possibly negative."
    ),
    Field(name="as_of", kind=Kind.TIMESTAMP, description="When the figure was true."),
    key=("product", "location"),
)


STOCK: Final = TableFeed(
    resource="stock",
    schema=SCHEMA,
    table=stock,
    key_column="row_key",
    columns=(
        FeedColumn(column="product_id", field="product", value="c.product_id"),
        FeedColumn(column="location", default="''"),
        FeedColumn(column="quantity"),
        FeedColumn(column="as_of"),
    ),
    discontinue=Discontinue(column="deleted"),
    prepared={"product_id": "text"},
)
