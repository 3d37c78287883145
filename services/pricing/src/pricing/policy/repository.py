"""The price policy ⇄ PostgreSQL: one row, made by the first migration."""

from dataclasses import dataclass

from sqlalchemy import select, update

from chassis.database import Reader, Transaction
from pricing.prices.models import Overlap, Policy, Precedence
from pricing.tables import price_policy


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    """The policy and its version."""

    version: int
    policy: Policy


class PolicyRepository:
    """Reads, locks and stores the policy."""

    async def read(self, reader: Reader) -> StoredPolicy:
        """The policy as it is."""
        return await self._read(reader, lock=False)

    async def locked(self, tx: Transaction) -> StoredPolicy:
        """The policy, locked until the transaction ends."""
        return await self._read(tx, lock=True)

    async def save(self, tx: Transaction, stored: StoredPolicy) -> None:
        """Stores a changed policy."""
        await tx.execute(
            update(price_policy).values(
                version=stored.version,
                precedence=stored.policy.precedence.value,
                overlap=stored.policy.overlap.value,
            )
        )

    async def _read(self, reader: Reader, *, lock: bool) -> StoredPolicy:
        statement = select(price_policy)
        row = await reader.first(statement.with_for_update() if lock else statement)
        assert row is not None, "the first migration makes the row"
        return StoredPolicy(row["version"], Policy(Precedence(row["precedence"]), Overlap(row["overlap"])))
