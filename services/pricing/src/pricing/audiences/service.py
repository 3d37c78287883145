"""Use cases on audiences: derive principals, compile audiences, answer what a user may see."""

from collections.abc import Sequence
from dataclasses import replace

from chassis.clock import Clock, next_version
from chassis.database import Database, Transaction
from chassis.principal import Principal
from chassis.upstream import UpstreamDown
from eventing.outbox import Outbox, Outgoing
from pricing import events
from pricing.audiences.models import (
    Audience,
    Grounds,
    Membership,
    UserAudience,
    VisibilityPrincipal,
    compiled,
)
from pricing.audiences.repository import AudienceRepository
from pricing.errors import UserNotFound, VisibilityPending
from pricing.events import AudienceState, PrincipalState
from pricing.rules.models import OwnerKind, Rule
from pricing.upstreams import Accounts


def audience_event(audience: Audience) -> Outgoing:
    """The audience's public state as an event."""
    state = AudienceState.model_validate(
        {"id": audience.id, "catalogue_id": audience.grounds.catalogue_id, **(audience.entries or {})}
    )
    return Outgoing(events.AUDIENCE, audience.id, audience.version, state)


def principal_event(principal: VisibilityPrincipal) -> Outgoing:
    """The principal's public state as an event."""
    if principal.deleted:
        return Outgoing(events.PRINCIPAL, principal.user_id, principal.version, None)
    state = PrincipalState(
        id=principal.user_id, audience_id=principal.audience_id, account_id=principal.account_id
    )
    return Outgoing(events.PRINCIPAL, principal.user_id, principal.version, state)


class AudienceService:
    """Keeps principals and audiences true to accounts, users and rules."""

    def __init__(
        self,
        database: Database,
        audiences: AudienceRepository,
        accounts: Accounts,
        outbox: Outbox,
        clock: Clock,
    ) -> None:
        self._database = database
        self._audiences = audiences
        self._accounts = accounts
        self._outbox = outbox
        self._clock = clock

    async def of_user(self, caller: Principal) -> UserAudience:
        """The audience of the token's user; accounts is asked about a new one. Raises VisibilityPending."""
        found = await self._find(caller)
        if found is None:
            await self.learn(caller)
            found = await self._find(caller)
        if found is None:
            raise VisibilityPending
        return found

    async def of_named(self, user_id: str) -> UserAudience:
        """The audience of a user somebody else names. Raises UserNotFound."""
        async with self._database.read() as reader:
            found = await self._audiences.of_user(reader, user_id)
        if found is None:
            raise UserNotFound
        return found

    async def learn(self, caller: Principal) -> None:
        """Asks accounts about the token's user and keeps the answer, by the versions its events will have.

        Does nothing when accounts knows no more or does not answer: the caller looks again and sees.
        """
        try:
            context = await self._accounts.context(caller)
        except UpstreamDown:
            return
        if context is None or context.user.state.id != caller.subject:
            return
        account, user = context.account, context.user
        if account.state.id != caller.account_id or user.state.account_id != caller.account_id:
            return
        async with self._database.transaction() as tx:
            await self._audiences.share(tx)
            await self._audiences.lock_accounts(tx, [account.state.id])
            live = {"deleted": False}
            stored = {"version": account.version, **account.state.model_dump(), **live}
            await self._audiences.store_accounts(tx, [stored])
            stored = {"version": user.version, **user.state.model_dump(), **live}
            await self._audiences.store_members(tx, [stored])
            await self.derive(tx, [account.state.id])

    async def derive(self, tx: Transaction, account_ids: Sequence[str]) -> None:
        """Brings the principals of accounts up to date; the caller locked those and shares the rules."""
        users = await self._audiences.memberships(tx, sorted(set(account_ids)))
        present = [user for user in users if user.active]
        grounds = {user.grounds.id: user.grounds for user in present}
        await self._audiences.born(tx, list(grounds.values()))
        await self._compile(tx, list(grounds), uncompiled=True)
        before = await self._audiences.principals(tx, [user.user_id for user in users])
        changed = [after for user in users if (after := self._moved(user, before.get(user.user_id)))]
        await self._audiences.save_principals(tx, changed)
        await self._outbox.put(tx, [principal_event(principal) for principal in changed])

    async def apply_rule(self, tx: Transaction, rule: Rule) -> None:
        """Recompiles the audiences of a changed rule; the first of an account or user moves its principals.

        The caller holds the rules alone and has stored the rule.
        """
        owners = []
        if rule.owner_kind is OwnerKind.ACCOUNT:
            owners = [rule.owner_id]
        elif rule.owner_kind is OwnerKind.USER:
            owners = await self._audiences.accounts_of(tx, [rule.owner_id])
        if owners:
            await self._audiences.lock_accounts(tx, owners)
            await self.derive(tx, owners)
        await self._compile(tx, await self._audiences.touched(tx, rule), uncompiled=False)

    async def republish_audiences(
        self, tx: Transaction, after: str | None, limit: int, bump: bool
    ) -> list[Outgoing]:
        """The next audiences as events (see eventing.republish)."""
        found = await self._audiences.audience_chunk(tx, after, limit)
        if bump:
            found = [replace(audience, version=self._next(audience.version)) for audience in found]
            await self._audiences.save(tx, found)
        return [audience_event(audience) for audience in found]

    async def republish_principals(
        self, tx: Transaction, after: str | None, limit: int, bump: bool
    ) -> list[Outgoing]:
        """The next principals as events (see eventing.republish)."""
        found = await self._audiences.principal_chunk(tx, after, limit)
        if bump:
            found = [replace(principal, version=self._next(principal.version)) for principal in found]
            await self._audiences.save_principals(tx, found)
        return [principal_event(principal) for principal in found]

    async def _find(self, caller: Principal) -> UserAudience | None:
        async with self._database.read() as reader:
            found = await self._audiences.of_user(reader, caller.subject)
        # A user never changes his account; a token that says otherwise sees nothing.
        return found if found is not None and found.account_id == caller.account_id else None

    async def _compile(self, tx: Transaction, audience_ids: Sequence[str], *, uncompiled: bool) -> None:
        """Compiles audiences: locked first, then the rules are read, so that no rule is missed."""
        locked = await self._audiences.locked(tx, audience_ids, uncompiled=uncompiled)
        rules = await self._audiences.rules_for(tx, [audience.grounds for audience in locked])
        changed = [after for before in locked if (after := self._recompiled(before, rules))]
        await self._audiences.save(tx, changed)
        await self._outbox.put(tx, [audience_event(audience) for audience in changed])

    def _recompiled(self, before: Audience, rules: Sequence[Rule]) -> Audience | None:
        entries = compiled(before.grounds, rules)
        if entries == before.entries:
            return None
        return replace(before, version=self._next(before.version), entries=entries)

    def _moved(self, user: Membership, before: VisibilityPrincipal | None) -> VisibilityPrincipal | None:
        """The user's principal where it changes, None where it stays."""
        if not user.active:
            if before is None or before.deleted:
                return None
            return replace(before, deleted=True, version=self._next(before.version))
        grounds: Grounds = user.grounds
        wanted = VisibilityPrincipal(user.user_id, 0, grounds.id, user.account_id, deleted=False)
        if before is not None and replace(before, version=0) == wanted:
            return None
        return replace(wanted, version=self._next(before.version if before else None))

    def _next(self, previous: int | None) -> int:
        return next_version(previous, self._clock.now())
