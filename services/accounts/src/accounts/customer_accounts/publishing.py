"""An account's public state as an event."""

from collections.abc import Sequence

from accounts import events
from accounts.customer_accounts.models import CustomerAccount
from accounts.customer_accounts.repository import CustomerAccountRepository
from accounts.events import AccountState
from accounts.revocations.repository import Revocations
from chassis.clock import Clock, milliseconds
from chassis.database import Transaction
from eventing.outbox import Outbox, Outgoing


def outgoing(account: CustomerAccount) -> Outgoing:
    """The account without its name; a removed one is a deletion."""
    if account.deleted:
        return Outgoing(events.ACCOUNT, account.id, account.version, None)
    state = AccountState(
        id=account.id,
        source=account.source,
        external_id=account.external_id,
        number=account.number,
        customer_group=account.customer_group,
        price_group=account.price_group,
        discount_group=account.discount_group,
        catalogue_id=account.catalogue_id,
        currency=account.currency,
        tax_group=account.tax_group,
        payment_terms=account.payment_terms,
        delivery_terms=account.delivery_terms,
        block=account.block,
        parent_account_id=account.parent_account_id,
        created_at=account.created_at,
    )
    return Outgoing(events.ACCOUNT, account.id, account.version, state)


class AccountPublisher:
    """Publishes accounts that changed otherwise than by hand; users of blocked ones are shut out."""

    def __init__(
        self, accounts: CustomerAccountRepository, revocations: Revocations, outbox: Outbox, clock: Clock
    ) -> None:
        self._accounts = accounts
        self._revocations = revocations
        self._outbox = outbox
        self._clock = clock

    async def fed(self, tx: Transaction, account_ids: Sequence[str]) -> None:
        """To be called with the ids of a chunk of changed accounts, inside their transaction."""
        version = milliseconds(self._clock.now())
        await self._accounts.refresh_catalogues(tx, account_ids, version)
        linked = await self._accounts.link_parents(tx, account_ids, version)
        found = await self._accounts.by_ids(tx, sorted({*account_ids, *linked}))
        real = [account for account in found if not account.placeholder]
        await self._outbox.put(tx, [outgoing(account) for account in real])
        await self._revocations.revoke(tx, "account", [account.id for account in real if account.shut_out])

    async def assigned(self, tx: Transaction, account_ids: Sequence[str]) -> None:
        """To be called with accounts, locked, that an assignment may give another catalogue."""
        moved = await self._accounts.refresh_catalogues(tx, account_ids, milliseconds(self._clock.now()))
        found = await self._accounts.by_ids(tx, sorted(moved))
        await self._outbox.put(tx, [outgoing(account) for account in found if not account.placeholder])
