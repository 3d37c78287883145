"""Audiences, principals and what they follow from ⇄ PostgreSQL."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    RowMapping,
    Select,
    Text,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as pg_insert

from chassis.database import Reader, Transaction
from eventing.projection import upsert
from pricing.audiences.models import Audience, Grounds, Membership, UserAudience, VisibilityPrincipal
from pricing.rules.models import OwnerKind, Rule
from pricing.rules.repository import read_rule
from pricing.tables import account, audience, member, principal, visibility_rule

# A change of rules takes this alone, whatever derives or compiles shares it: so an audience born at this
# moment sees the rule, or the change sees the audience.
_SHARE: Final = text("SELECT pg_advisory_xact_lock_shared(hashtext('pricing:visibility'))")
_ALONE: Final = text("SELECT pg_advisory_xact_lock(hashtext('pricing:visibility'))")


def _audience(row: RowMapping) -> Audience:
    grounds = Grounds(
        row["catalogue_id"], row["customer_group"], row["role_id"], row["account_id"], row["user_id"]
    )
    return Audience(row["id"], row["version"], grounds, row["entries"])


def _principal(row: RowMapping) -> VisibilityPrincipal:
    return VisibilityPrincipal(
        row["id"], row["version"], row["audience_id"], row["account_id"], row["deleted"]
    )


def _among(column: Column[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """`column` is one of the values: one parameter however many they are, where IN has one each."""
    given = bindparam(None, list(values), type_=ARRAY(Text), unique=True)
    return column == func.any(given)


def _owns(kind: OwnerKind, owner: Any) -> Any:
    """Whether an account or user ever had a rule: removed ones count, so that nobody moves back and forth."""
    return exists().where(visibility_rule.c.owner_kind == kind.value, visibility_rule.c.owner_id == owner)


def _memberships() -> Select[Any]:
    return select(
        member.c.id.label("user_id"),
        member.c.account_id,
        member.c.role_id,
        account.c.catalogue_id,
        account.c.customer_group,
        _owns(OwnerKind.ACCOUNT, member.c.account_id).label("account_owns_rules"),
        _owns(OwnerKind.USER, member.c.id).label("user_owns_rules"),
        (account.c.source.is_not(None) & ~account.c.deleted & ~member.c.deleted).label("active"),
    ).join(account, account.c.id == member.c.account_id)


class AudienceRepository:
    """Locks, reads and stores what decides visibility."""

    async def share(self, tx: Transaction) -> None:
        """Call first before deriving principals: rules stay as they are until the transaction ends."""
        await tx.scalar(_SHARE)

    async def alone(self, tx: Transaction) -> None:
        """Call first before changing a rule: nobody derives or compiles until the transaction ends."""
        await tx.scalar(_ALONE)

    async def lock_accounts(self, tx: Transaction, account_ids: Sequence[str]) -> None:
        """Locks the accounts' rows in order, empty ones for those not known yet."""
        wanted = sorted(set(account_ids))
        if wanted:
            rows = [{"id": account_id, "version": 0} for account_id in wanted]
            await tx.execute(pg_insert(account).on_conflict_do_nothing(), rows)
            await tx.all(
                select(account.c.id)
                .where(_among(account.c.id, wanted))
                .order_by(account.c.id)
                .with_for_update()
            )

    async def store_accounts(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        """Accounts as accounts published them, by version."""
        await upsert(tx, account, rows)

    async def store_members(self, tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
        """Users as accounts published them, by version."""
        await upsert(tx, member, rows)

    async def accounts_of(self, reader: Reader, user_ids: Sequence[str]) -> list[str]:
        """The accounts these users are known to belong to."""
        found = select(member.c.account_id).where(
            _among(member.c.id, user_ids), member.c.account_id.is_not(None)
        )
        return list(await reader.scalars(found))

    async def memberships(self, reader: Reader, account_ids: Sequence[str]) -> list[Membership]:
        """The users of accounts, removed ones too, by id."""
        statement = _memberships().where(_among(member.c.account_id, account_ids)).order_by(member.c.id)
        return [Membership(**row) for row in await reader.all(statement)]

    async def born(self, tx: Transaction, grounds: Sequence[Grounds]) -> None:
        """Makes rows for audiences that are not there yet, uncompiled."""
        rows = [
            {
                "id": ground.id,
                "version": 0,
                "catalogue_id": ground.catalogue_id,
                "customer_group": ground.customer_group,
                "role_id": ground.role_id,
                "account_id": ground.account_id,
                "user_id": ground.user_id,
            }
            for ground in sorted(grounds, key=lambda ground: ground.id)
        ]
        if rows:
            await tx.execute(pg_insert(audience).on_conflict_do_nothing(), rows)

    async def locked(
        self, tx: Transaction, audience_ids: Sequence[str], *, uncompiled: bool
    ) -> list[Audience]:
        """These audiences in order, locked; with `uncompiled` only those that never were compiled."""
        statement = select(audience).where(_among(audience.c.id, audience_ids)).order_by(audience.c.id)
        if uncompiled:
            statement = statement.where(audience.c.entries.is_(None))
        return [_audience(row) for row in await tx.all(statement.with_for_update())]

    async def touched(self, reader: Reader, rule: Rule) -> list[str]:
        """The audiences a rule belongs to."""
        columns = {
            OwnerKind.CUSTOMER_GROUP: audience.c.customer_group,
            OwnerKind.ROLE: audience.c.role_id,
            OwnerKind.ACCOUNT: audience.c.account_id,
            OwnerKind.USER: audience.c.user_id,
        }
        found = select(audience.c.id).where(columns[rule.owner_kind] == rule.owner_id).order_by(audience.c.id)
        return list(await reader.scalars(found))

    async def rules_for(self, reader: Reader, grounds: Sequence[Grounds]) -> list[Rule]:
        """Every rule that may concern one of the grounds."""
        owners: dict[OwnerKind, set[str | None]] = {
            OwnerKind.CUSTOMER_GROUP: {ground.customer_group for ground in grounds},
            OwnerKind.ROLE: {ground.role_id for ground in grounds},
            OwnerKind.ACCOUNT: {ground.account_id for ground in grounds},
            OwnerKind.USER: {ground.user_id for ground in grounds},
        }
        conditions = [
            and_(
                visibility_rule.c.owner_kind == kind.value,
                _among(visibility_rule.c.owner_id, (owner for owner in named if owner is not None)),
            )
            for kind, named in owners.items()
        ]
        rows = await reader.all(select(visibility_rule).where(~visibility_rule.c.deleted, or_(*conditions)))
        return [read_rule(row) for row in rows]

    async def save(self, tx: Transaction, changed: Sequence[Audience]) -> None:
        """Stores compiled audiences."""
        if changed:
            statement = update(audience).where(audience.c.id == bindparam("of"))
            values: dict[str, Any] = {"version": bindparam("version"), "entries": bindparam("entries")}
            rows = [{"of": item.id, "version": item.version, "entries": item.entries} for item in changed]
            await tx.execute(statement.values(values), rows)

    async def principals(self, tx: Transaction, user_ids: Sequence[str]) -> dict[str, VisibilityPrincipal]:
        """The principals of users, locked, by user."""
        statement = select(principal).where(_among(principal.c.id, user_ids)).order_by(principal.c.id)
        return {row["id"]: _principal(row) for row in await tx.all(statement.with_for_update())}

    async def save_principals(self, tx: Transaction, changed: Sequence[VisibilityPrincipal]) -> None:
        """Stores principals whose versions rose."""
        await upsert(
            tx,
            principal,
            [
                {
                    "id": item.user_id,
                    "version": item.version,
                    "audience_id": item.audience_id,
                    "account_id": item.account_id,
                    "deleted": item.deleted,
                }
                for item in changed
            ],
        )

    async def of_user(self, reader: Reader, user_id: str) -> UserAudience | None:
        """A user's audience, None if he has none (yet, or any more)."""
        statement = (
            select(audience, principal.c.account_id.label("payer"))
            .join(principal, principal.c.audience_id == audience.c.id)
            .where(principal.c.id == user_id, ~principal.c.deleted, audience.c.entries.is_not(None))
        )
        row = await reader.first(statement)
        return None if row is None else UserAudience(row["payer"], _audience(row))

    async def audience_chunk(self, tx: Transaction, after: str | None, limit: int) -> list[Audience]:
        """Compiled audiences by id, locked: for republishing."""
        statement = (
            select(audience).where(audience.c.entries.is_not(None)).order_by(audience.c.id).limit(limit)
        )
        if after is not None:
            statement = statement.where(audience.c.id > after)
        return [_audience(row) for row in await tx.all(statement.with_for_update())]

    async def principal_chunk(
        self, tx: Transaction, after: str | None, limit: int
    ) -> list[VisibilityPrincipal]:
        """Principals by user, removed ones too, locked: for republishing."""
        statement = select(principal).order_by(principal.c.id).limit(limit)
        if after is not None:
            statement = statement.where(principal.c.id > after)
        return [_principal(row) for row in await tx.all(statement.with_for_update())]
