"""The feed of product codes."""

from typing import Final

from catalog.listings.repository import NORMALIZED, Listings
from catalog.products.references import ProductReferences
from catalog.tables import product_code
from chassis.database import Transaction
from feeds.feed import Chunk, Discontinue, FeedColumn, TableFeed
from feeds.fields import Field, Kind, RowSchema

SCHEMA: Final = RowSchema(
    Field(name="kind", kind=Kind.ENUM, required=True, choices=("gtin", "manufacturer", "former", "customer")),
    Field(name="code", kind=Kind.KEY, required=True, max_length=64),
    Field(name="product", kind=Kind.REFERENCE, required=True, max_length=64),
    Field(name="account", kind=Kind.REFERENCE, max_length=64, description="Whose own number it is."),
    Field(name="unit", kind=Kind.KEY, max_length=64, description="The packaging the code stands on."),
    key=("kind", "code", "product", "account"),
)


class ProductCodeFeed:
    """What happens around the merge of product codes."""

    def __init__(self, references: ProductReferences, listings: Listings) -> None:
        self._references = references
        self._listings = listings

    def declared(self) -> TableFeed:
        """The feed, for batches and import runs."""
        return TableFeed(
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
            prepare=self._prepare,
        )

    async def _prepare(self, tx: Transaction, chunk: Chunk) -> None:
        await self._listings.lock_products(tx)
        await self._references.resolve(tx, chunk, "product")
