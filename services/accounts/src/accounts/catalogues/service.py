"""Use cases on catalogue assignments: set and clear; every account concerned is published anew."""

from accounts.catalogues.repository import CatalogueRepository
from accounts.customer_accounts.publishing import AccountPublisher
from accounts.customer_accounts.register_lock import alone
from accounts.customer_accounts.repository import CustomerAccountRepository
from accounts.errors import CatalogueNotFound
from chassis.audit import AuditTrail
from chassis.clock import Clock, next_version
from chassis.database import Database, Transaction
from chassis.principal import Principal

_CHUNK = 2_000


class CatalogueAssignmentService:
    """Which catalogue a customer group has; the group '' is the default for all others."""

    def __init__(
        self,
        database: Database,
        assignments: CatalogueRepository,
        accounts: CustomerAccountRepository,
        publisher: AccountPublisher,
        audit: AuditTrail,
        clock: Clock,
    ) -> None:
        self._database = database
        self._assignments = assignments
        self._accounts = accounts
        self._publisher = publisher
        self._audit = audit
        self._clock = clock

    async def all(self) -> dict[str, str]:
        """Catalogue ids by customer group."""
        async with self._database.read() as reader:
            rows = await self._assignments.all(reader)
        return {row["customer_group"]: row["catalogue_id"] for row in rows}

    async def assign(self, principal: Principal, customer_group: str, catalogue_id: str) -> None:
        """Gives a group a catalogue. Raises CatalogueNotFound."""
        async with self._database.transaction() as tx:
            if not await self._accounts.catalogue_exists(tx, catalogue_id):
                raise CatalogueNotFound(catalogue_id)
            await alone(tx)
            before = await self._assignments.of_group(tx, customer_group)
            version = next_version(before["version"] if before else None, self._clock.now())
            await self._assignments.put(tx, customer_group, catalogue_id, version)
            await self._record(
                tx, principal, customer_group, before["catalogue_id"] if before else None, catalogue_id
            )
            await self._publish_concerned(tx, customer_group)

    async def clear(self, principal: Principal, customer_group: str) -> None:
        """Takes a group's catalogue away; the default one counts then."""
        async with self._database.transaction() as tx:
            await alone(tx)
            before = await self._assignments.of_group(tx, customer_group)
            if before is None:
                return
            await self._assignments.remove(tx, customer_group)
            await self._record(tx, principal, customer_group, before["catalogue_id"], None)
            await self._publish_concerned(tx, customer_group)

    async def _record(
        self, tx: Transaction, principal: Principal, group: str, before: str | None, after: str | None
    ) -> None:
        await self._audit.record(
            tx,
            principal,
            "catalogue_assignment.changed",
            "catalogue_assignment",
            group,
            {"catalogue_id": before} if before else None,
            {"catalogue_id": after} if after else None,
        )

    async def _publish_concerned(self, tx: Transaction, customer_group: str) -> None:
        after_id = ""
        while chunk := await self._assignments.accounts_behind(tx, customer_group, after_id, _CHUNK):
            await self._publisher.assigned(tx, chunk)
            after_id = chunk[-1]
