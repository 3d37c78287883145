"""Use cases on accounts: what staff may change, and what the order service reads before placing."""

from dataclasses import dataclass, replace

from accounts.customer_accounts.models import AccountChange, Address, CustomerAccount
from accounts.customer_accounts.publishing import outgoing
from accounts.customer_accounts.register_lock import alone
from accounts.customer_accounts.repository import CustomerAccountRepository
from accounts.errors import AccountNotFound, CatalogueNotFound
from accounts.revocations.repository import Revocations
from chassis.audit import AuditTrail
from chassis.clock import Clock, next_version
from chassis.database import Database, Transaction
from chassis.etag import require_version
from chassis.principal import Principal
from eventing.outbox import Outbox


@dataclass(frozen=True, slots=True)
class AccountWithAddresses:
    """An account as somebody orders for it."""

    account: CustomerAccount
    addresses: list[Address]

    @property
    def default_ship_to(self) -> Address | None:
        """Where goods go when nobody says otherwise."""
        return next((address for address in self.addresses if address.ship_to), None)

    @property
    def default_bill_to(self) -> Address | None:
        """Where bills go."""
        return next((address for address in self.addresses if address.bill_to), self.default_ship_to)


def _shown(account: CustomerAccount) -> dict[str, object]:
    return {"platform_block": account.platform_block, "own_catalogue_id": account.own_catalogue_id}


class CustomerAccountService:
    """Accounts as staff see and change them."""

    def __init__(
        self,
        database: Database,
        accounts: CustomerAccountRepository,
        audit: AuditTrail,
        revocations: Revocations,
        outbox: Outbox,
        clock: Clock,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._audit = audit
        self._revocations = revocations
        self._outbox = outbox
        self._clock = clock

    async def page(
        self, search: str | None, external_id: str | None, after_id: str | None, limit: int
    ) -> list[CustomerAccount]:
        """Accounts by id, one more than `limit`."""
        async with self._database.read() as reader:
            return await self._accounts.page(reader, search, external_id, after_id, limit)

    async def get(self, account_id: str) -> AccountWithAddresses:
        """One account with its addresses. Raises AccountNotFound."""
        async with self._database.read() as reader:
            found = await self._accounts.find(reader, account_id)
            if found is None:
                raise AccountNotFound
            return AccountWithAddresses(found, await self._accounts.addresses(reader, account_id))

    async def change(
        self, principal: Principal, account_id: str, change: AccountChange, version: int
    ) -> AccountWithAddresses:
        """The changed account. Raises AccountNotFound, CatalogueNotFound, PreconditionFailed."""
        async with self._database.transaction() as tx:
            # A block concerns this row only: it does not wait until an import's chunk has ended.
            if change.set_catalogue:
                await alone(tx)
            before = await self._locked(tx, account_id, version)
            if change.own_catalogue_id and not await self._accounts.catalogue_exists(
                tx, change.own_catalogue_id
            ):
                raise CatalogueNotFound(change.own_catalogue_id)
            after = change.applied_to(before, next_version(before.version, self._clock.now()))
            if change.set_catalogue:
                after = replace(after, catalogue_id=await self._accounts.effective_catalogue(tx, after))
            await self._accounts.save(tx, after)
            await self._audit.record(
                tx, principal, "account.changed", "account", after.id, _shown(before), _shown(after)
            )
            await self._outbox.put(tx, [outgoing(after)])
            if after.shut_out and not before.shut_out:
                await self._revocations.revoke(tx, "account", [after.id])
            return AccountWithAddresses(after, await self._accounts.addresses(tx, account_id))

    async def _locked(self, tx: Transaction, account_id: str, version: int) -> CustomerAccount:
        found = await self._accounts.locked(tx, account_id)
        if found is None:
            raise AccountNotFound
        require_version(version, found.version)
        return found
