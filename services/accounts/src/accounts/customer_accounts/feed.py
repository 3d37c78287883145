"""Accounts and addresses as an ERP feeds them."""

from typing import Final

from sqlalchemy import func, select, update

from accounts.customer_accounts.register_lock import alone, together
from accounts.tables import account, address
from chassis.database import Transaction
from feeds.feed import Chunk, Discontinue, FeedColumn, TableFeed
from feeds.fields import Field, Kind, RowSchema

BLOCKS: Final = ("none", "orders", "access")

_ACCOUNT_SCHEMA: Final = RowSchema(
    Field(name="external_id", kind=Kind.KEY, max_length=64, description="The ERP's debtor number."),
    Field(name="number", kind=Kind.TEXT, max_length=64, description="Number shown to people."),
    Field(name="name", kind=Kind.TEXT),
    Field(name="country", kind=Kind.TEXT, max_length=64),
    Field(name="customer_group", kind=Kind.KEY, max_length=64),
    Field(name="price_group", kind=Kind.KEY, max_length=64),
    Field(name="discount_group", kind=Kind.KEY, max_length=64),
    Field(name="payment_terms", kind=Kind.TEXT, max_length=64),
    Field(name="delivery_terms", kind=Kind.TEXT, max_length=64),
    Field(name="currency", kind=Kind.CURRENCY, required=True),
    Field(name="tax_group", kind=Kind.KEY, max_length=64),
    Field(name="parent", kind=Kind.KEY, max_length=64, description="external_id of the account above."),
    Field(name="block", kind=Kind.ENUM, choices=BLOCKS, description="`orders` may look, `access` is out."),
    key=("external_id",),
)


async def _alone(tx: Transaction, _: Chunk) -> None:
    await alone(tx)


ACCOUNTS: Final = TableFeed(
    resource="accounts",
    schema=_ACCOUNT_SCHEMA,
    table=account,
    columns=(
        FeedColumn(column="number"),
        FeedColumn(column="name", published=False),
        FeedColumn(column="country", published=False),
        FeedColumn(column="customer_group"),
        FeedColumn(column="price_group"),
        FeedColumn(column="discount_group"),
        FeedColumn(column="payment_terms"),
        FeedColumn(column="delivery_terms"),
        FeedColumn(column="currency"),
        FeedColumn(column="tax_group"),
        FeedColumn(column="parent_external_id", field="parent"),
        FeedColumn(column="erp_block", field="block", default="'none'"),
    ),
    discontinue=Discontinue(column="deleted"),
    placeholder="placeholder",
    prepare=_alone,
)


async def _find_accounts(tx: Transaction, chunk: Chunk) -> None:
    """Fills `account_id`; a row whose account is unknown waits for it, listed as unresolved."""
    await together(tx)
    rows = chunk.feed.chunk
    known = (
        select(account.c.id)
        .where(account.c.source == rows.c.account_source, account.c.external_id == rows.c.account)
        .scalar_subquery()
    )
    await tx.execute(update(rows).where(rows.c.account.is_not(None)).values(account_id=known))
    await tx.execute(
        update(rows)
        .where(rows.c.account.is_not(None), rows.c.account_id.is_(None))
        .values(
            unresolved=func.jsonb_build_array(
                func.jsonb_build_object(
                    "pointer", "/account", "source", rows.c.account_source, "external_id", rows.c.account
                )
            )
        )
    )


ADDRESSES: Final = TableFeed(
    resource="addresses",
    schema=RowSchema(
        Field(name="external_id", kind=Kind.KEY, max_length=64),
        Field(name="account", kind=Kind.REFERENCE, max_length=64, required=True),
        Field(name="bill_to", kind=Kind.BOOLEAN),
        Field(name="ship_to", kind=Kind.BOOLEAN),
        Field(name="is_default", kind=Kind.BOOLEAN),
        Field(name="name", kind=Kind.TEXT),
        Field(name="attention", kind=Kind.TEXT),
        Field(name="street", kind=Kind.TEXT),
        Field(name="postal_code", kind=Kind.TEXT, max_length=32),
        Field(name="city", kind=Kind.TEXT),
        Field(name="region", kind=Kind.TEXT),
        Field(name="country", kind=Kind.TEXT, max_length=64),
        key=("external_id",),
    ),
    table=address,
    columns=(
        FeedColumn(column="account_source", field="account", value="c.account_source", published=False),
        FeedColumn(column="account_external_id", field="account", published=False),
        FeedColumn(column="account_id", field="account", value="c.account_id", published=False),
        FeedColumn(column="bill_to", default="false", published=False),
        FeedColumn(column="ship_to", default="true", published=False),
        FeedColumn(column="is_default", default="false", published=False),
        FeedColumn(column="name", published=False),
        FeedColumn(column="attention", published=False),
        FeedColumn(column="street", published=False),
        FeedColumn(column="postal_code", published=False),
        FeedColumn(column="city", published=False),
        FeedColumn(column="region", published=False),
        FeedColumn(column="country", published=False),
    ),
    discontinue=Discontinue(column="deleted"),
    prepared={"account_id": "text"},
    prepare=_find_accounts,
)
