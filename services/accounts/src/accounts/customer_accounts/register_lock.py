"""Who may write accounts and what hangs on them at once: two who need each other's rows cannot miss."""

from typing import Final

from sqlalchemy import func, literal, select

from chassis.database import Transaction

_KEY: Final = 0x6163636F756E74


async def alone(tx: Transaction) -> None:
    """For who writes accounts or catalogue assignments, before any row of them is locked.

    A chunk that looks an account up and a chunk that brings it would otherwise not see each other, and
    neither would an assignment and the account that comes into its group.
    """
    await tx.scalar(select(func.pg_advisory_xact_lock(literal(_KEY))))


async def together(tx: Transaction) -> None:
    """For who looks accounts up to write what belongs to them: with each other, never beside `alone`."""
    await tx.scalar(select(func.pg_advisory_xact_lock_shared(literal(_KEY))))
