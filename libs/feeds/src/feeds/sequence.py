"""The receive sequence: every write gets a number, and changes only what carries a smaller one."""

from sqlalchemy import text

from chassis.database import Reader, Transaction

# Numbers are drawn under a lock per resource, shared by batches and exclusive for the short transaction that
# registers a run: whoever holds a number can see every run with a smaller one.
_SHARED = text("SELECT pg_advisory_xact_lock_shared(hashtext('feed:' || CAST(:resource AS text)))")
_EXCLUSIVE = text("SELECT pg_advisory_xact_lock(hashtext('feed:' || CAST(:resource AS text)))")
_NEXT = text("SELECT nextval('receive_sequence')")
_OPEN = text(
    """SELECT EXISTS (SELECT 1 FROM import_run WHERE resource = :resource
        AND received < CAST(:received AS bigint)
    AND mode <> 'preview' AND state IN ('receiving', 'staged', 'validating', 'applying', 'held'))"""
)


async def take_sequence(tx: Transaction, resource: str, *, for_run: bool = False) -> int:
    """The next receive sequence; a run is registered in the same transaction with `for_run`."""
    await tx.scalar(_EXCLUSIVE if for_run else _SHARED, {"resource": resource})
    return int(await tx.scalar(_NEXT))


async def older_run_open(reader: Reader, resource: str, received: int) -> bool:
    """Whether an older run may still write, so that unchanged rows must be stamped as newer than it."""
    return bool(await reader.scalar(_OPEN, {"resource": resource, "received": received}))
