"""Use cases on visibility rules: each one transaction, with audit row and the audiences that follow."""

from dataclasses import replace

from chassis.audit import AuditTrail
from chassis.clock import Clock, next_version
from chassis.database import Database, Transaction
from chassis.etag import require_version
from chassis.ids import new_id
from chassis.principal import Principal
from pricing.audiences.repository import AudienceRepository
from pricing.audiences.service import AudienceService
from pricing.errors import RuleNotFound
from pricing.rules.models import Rule, RuleChange, RuleFilter
from pricing.rules.repository import RuleRepository

Known = frozenset[str]


class RuleService:
    """Visibility rules as an administrator changes them."""

    def __init__(
        self,
        database: Database,
        rules: RuleRepository,
        locks: AudienceRepository,
        audiences: AudienceService,
        audit: AuditTrail,
        clock: Clock,
    ) -> None:
        self._database = database
        self._rules = rules
        self._locks = locks
        self._audiences = audiences
        self._audit = audit
        self._clock = clock

    async def page(self, wanted: RuleFilter, after_id: str | None, limit: int) -> tuple[list[Rule], Known]:
        """Rules by id, one more than `limit`, and which of their targets are known here."""
        async with self._database.read() as reader:
            found = await self._rules.page(reader, wanted, after_id, limit)
            return found, await self._rules.known(reader, found)

    async def get(self, rule_id: str) -> tuple[Rule, Known]:
        """One rule, and which of its targets are known here. Raises RuleNotFound."""
        async with self._database.read() as reader:
            found = await self._rules.find(reader, rule_id)
            if found is None:
                raise RuleNotFound
            return found, await self._rules.known(reader, [found])

    async def create(self, principal: Principal, wanted: Rule) -> tuple[Rule, Known]:
        """A new rule; id and version of `wanted` are given here."""
        rule = replace(wanted, id=new_id(), version=next_version(None, self._clock.now()))
        async with self._database.transaction() as tx:
            await self._locks.alone(tx)
            await self._rules.add(tx, rule)
            await self._follow(tx, principal, "created", None, rule)
            return rule, await self._rules.known(tx, [rule])

    async def change(
        self, principal: Principal, rule_id: str, change: RuleChange, version: int
    ) -> tuple[Rule, Known]:
        """The changed rule. Raises RuleNotFound, PreconditionFailed."""
        async with self._database.transaction() as tx:
            before = await self._locked(tx, rule_id, version)
            after = change.applied_to(before, next_version(before.version, self._clock.now()))
            await self._rules.save(tx, after)
            await self._follow(tx, principal, "changed", before, after)
            return after, await self._rules.known(tx, [after])

    async def remove(self, principal: Principal, rule_id: str, version: int) -> None:
        """Removes a rule. Raises RuleNotFound, PreconditionFailed."""
        async with self._database.transaction() as tx:
            before = await self._locked(tx, rule_id, version)
            after = replace(before, deleted=True, version=next_version(before.version, self._clock.now()))
            await self._rules.save(tx, after)
            await self._follow(tx, principal, "removed", before, after)

    async def _locked(self, tx: Transaction, rule_id: str, version: int) -> Rule:
        await self._locks.alone(tx)
        found = await self._rules.locked(tx, rule_id)
        if found is None:
            raise RuleNotFound
        require_version(version, found.version)
        return found

    async def _follow(
        self, tx: Transaction, principal: Principal, what: str, before: Rule | None, after: Rule
    ) -> None:
        await self._audit.record(
            tx,
            principal,
            f"visibility_rule.{what}",
            "visibility_rule",
            after.id,
            before.shown() if before else None,
            None if after.deleted else after.shown(),
        )
        await self._audiences.apply_rule(tx, after)
