"""The feed of order responses: rows as the ERP sends them, each one fact with the ERP's own event id."""

from typing import Final

from sqlalchemy import text

from chassis.database import Transaction
from feeds.feed import Changed, Chunk, Discontinue, FeedColumn, TableFeed
from feeds.fields import Field, Kind, RowSchema
from order_export.responses.models import KINDS
from order_export.tables import order_response

_SCHEDULE = (
    Field(name="quantity", kind=Kind.QUANTITY, required=True),
    Field(name="date", kind=Kind.DATE, required=True),
)

SCHEMA = RowSchema(
    Field(
        name="external_id",
        kind=Kind.KEY,
        required=True,
        max_length=128,
        description="The ERP's own event id.",
    ),
    Field(name="order_number", kind=Kind.KEY, max_length=20, description="Our number of the order."),
    Field(
        name="erp_order_number", kind=Kind.KEY, max_length=64, description="The ERP's number of the order."
    ),
    Field(name="kind", kind=Kind.ENUM, required=True, choices=KINDS),
    Field(name="occurred_at", kind=Kind.TIMESTAMP, required=True, description="When it happened in the ERP."),
    Field(
        name="order_line_number",
        kind=Kind.INTEGER,
        path="line_number",
        minimum=1,
        maximum=1_000_000,
        description="The line of the order; absent: the order as a whole.",
    ),
    Field(name="quantity", kind=Kind.QUANTITY, description="Cumulative."),
    Field(name="unit", kind=Kind.KEY, max_length=64),
    Field(name="product", kind=Kind.KEY, max_length=64, description="SKU of what was substituted or added."),
    Field(name="net_price", kind=Kind.DECIMAL, scale=6),
    Field(name="line_amount", kind=Kind.DECIMAL, scale=4),
    Field(name="schedules", kind=Kind.JSON, of=_SCHEDULE, max_items=200),
    Field(name="text", kind=Kind.TEXT, max_length=2000, multiline=True),
    key=("external_id",),
)

# Written while the chunk is merged, so that the row's result already says it waits.
_UNRESOLVED = """
    UPDATE {chunk} AS c SET unresolved = jsonb_build_array(jsonb_build_object(
        'pointer', CASE WHEN c.order_number IS NULL THEN '/erp_order_number' ELSE '/order_number' END,
        'source', CAST(:source AS text), 'external_id', COALESCE(c.order_number, c.erp_order_number)))
    WHERE NOT EXISTS (
        SELECT FROM sales_order AS o WHERE o.source = :source AND (
            o.order_number = c.order_number
            OR c.order_number IS NULL AND o.erp_order_numbers @> ARRAY[c.erp_order_number]))
    """
_UNNAMED = """
    UPDATE {chunk} AS c SET errors = jsonb_build_array(jsonb_build_object(
        'pointer', '/order_number', 'code', 'required', 'message', 'Name the order, by our number or yours.'))
    WHERE c.order_number IS NULL AND c.erp_order_number IS NULL AND NOT COALESCE(c.deleted, false)
    """


async def _prepare(tx: Transaction, chunk: Chunk) -> None:
    """Refuses rows that name no order, and marks those whose order is not known yet."""
    name = chunk.feed.chunk.name
    await tx.execute(text(_UNNAMED.format(chunk=name)))
    await tx.execute(text(_UNRESOLVED.format(chunk=name)), {"source": chunk.source})


def response_feed(changed: Changed | None = None) -> TableFeed:
    """The feed of order responses; `changed` is told the ids of what is new, in the same transaction."""
    names = [field.name for field in SCHEMA.fields if field.name != "external_id"]
    return TableFeed(
        resource="order-responses",
        schema=SCHEMA,
        table=order_response,
        columns=tuple(FeedColumn(column=name) for name in names),
        discontinue=Discontinue(column="deleted"),
        prepare=_prepare,
        changed=changed,
    )


RESPONSES: Final = response_feed()
"""The feed as routes declare it; the one that writes is wired with its use case."""
