"""The stock feed."""

from typing import Final

from catalog.listings.repository import Listings
from catalog.products.references import ProductReferences
from catalog.tables import stock
from chassis.database import Transaction
from feeds.feed import Chunk, Discontinue, FeedColumn, TableFeed
from feeds.fields import Field, Kind, RowSchema

SCHEMA: Final = RowSchema(
    Field(name="product", kind=Kind.REFERENCE, required=True, max_length=64),
    Field(name="location", kind=Kind.KEY, max_length=64, description="Empty: the only one there is."),
    Field(name="quantity", kind=Kind.DECIMAL, required=True, description="In the base unit, possibly negative."),
    Field(name="as_of", kind=Kind.TIMESTAMP, description="When the figure was true."),
    key=("product", "location"),
)


class StockFeed:
    """What happens around the merge of stock figures."""

    def __init__(self, references: ProductReferences, listings: Listings) -> None:
        self._references = references
        self._listings = listings

    def declared(self) -> TableFeed:
        """The feed, for batches and import runs."""
        return TableFeed(
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
            prepare=self._prepare,
        )

    async def _prepare(self, tx: Transaction, chunk: Chunk) -> None:
        await self._listings.lock_products(tx)
        await self._references.resolve(tx, chunk, "product")
