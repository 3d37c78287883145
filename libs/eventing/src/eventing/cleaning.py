"""Old rows go: what is published is kept by Kafka, and what was seen long ago does not come again."""

from datetime import datetime

from sqlalchemy import delete, select

from chassis.database import Database
from eventing.tables import EventTables

CHUNK = 5_000


async def clean(
    database: Database, tables: EventTables, *, published_before: datetime, seen_before: datetime
) -> int:
    """Deletes published outbox rows and inbox rows older than given, in chunks; returns how many."""
    outbox, inbox = tables.outbox, tables.inbox
    # Only the head of the table is looked at: the oldest rows are there, and no further index is needed.
    head = select(outbox.c.id, outbox.c.published_at).order_by(outbox.c.id).limit(CHUNK).cte("head")
    published = delete(outbox).where(
        outbox.c.id.in_(select(head.c.id).where(head.c.published_at < published_before))
    )
    seen = delete(inbox).where(
        inbox.c.ce_id.in_(select(inbox.c.ce_id).where(inbox.c.received_at < seen_before).limit(CHUNK))
    )
    total = 0
    for statement in (published, seen):
        gone = CHUNK
        while gone:
            async with database.transaction() as tx:
                gone = await tx.execute(statement)
            total += gone
    return total
