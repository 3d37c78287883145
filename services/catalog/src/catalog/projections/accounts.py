"""Accounts by their ERP key: whose own article number a code is."""

from collections.abc import Sequence

from catalog.tables import account
from chassis.database import Transaction
from eventing.envelope import Arrived
from eventing.projection import remove, upsert
from eventing.topics import ConsumedModel


class AccountKey(ConsumedModel):
    """All that is read of an account."""

    id: str
    source: str
    external_id: str


async def apply_accounts(tx: Transaction, arrived: Sequence[Arrived[AccountKey]]) -> None:
    """Keeps the newest key of every account."""
    rows = [
        {
            "id": event.key,
            "version": event.version,
            "source": event.value.source,
            "external_id": event.value.external_id,
        }
        for event in arrived
        if event.value is not None
    ]
    await upsert(tx, account, rows)
    await remove(tx, account, [event for event in arrived if event.value is None])
