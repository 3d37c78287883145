"""Use cases on the price policy."""

from chassis.audit import AuditTrail
from chassis.clock import Clock, next_version
from chassis.database import Database
from chassis.etag import require_version
from chassis.principal import Principal
from pricing.policy.repository import PolicyRepository, StoredPolicy
from pricing.prices.changes import Changes
from pricing.prices.models import Policy


class PolicyService:
    """The price policy as an administrator sets it."""

    def __init__(
        self,
        database: Database,
        policies: PolicyRepository,
        changes: Changes,
        audit: AuditTrail,
        clock: Clock,
    ) -> None:
        self._database = database
        self._policies = policies
        self._changes = changes
        self._audit = audit
        self._clock = clock

    async def get(self) -> StoredPolicy:
        """The policy as it is."""
        async with self._database.read() as reader:
            return await self._policies.read(reader)

    async def replace(self, principal: Principal, wanted: Policy, version: int) -> StoredPolicy:
        """The new policy; it counts for every price from the commit on. Raises PreconditionFailed."""
        async with self._database.transaction() as tx:
            before = await self._policies.locked(tx)
            require_version(version, before.version)
            after = StoredPolicy(next_version(before.version, self._clock.now()), wanted)
            await self._policies.save(tx, after)
            await self._audit.record(
                tx,
                principal,
                "price_policy.changed",
                "price_policy",
                "price_policy",
                _shown(before.policy),
                _shown(wanted),
            )
            await self._changes.announce_everything(tx)
        return after


def _shown(policy: Policy) -> dict[str, str]:
    return {"precedence": policy.precedence.value, "overlap": policy.overlap.value}
