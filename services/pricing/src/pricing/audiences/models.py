"""What an audience is, whose it is, and how it follows from rules: pure."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chassis.ids import derived_id
from pricing.rules.models import Effect, OwnerKind, Rule

NAMESPACE: Final = uuid.UUID("5f0c1a4e-3b52-5d0e-9d39-6a1f9d3c7c10")


@dataclass(frozen=True, slots=True)
class Grounds:
    """What an audience rests on. Account and user stand here only where these own rules."""

    catalogue_id: str | None
    customer_group: str | None
    role_id: str
    account_id: str | None
    user_id: str | None

    @property
    def id(self) -> str:
        """The audience's id: the same grounds, the same audience."""
        parts = (self.catalogue_id, self.customer_group, self.role_id, self.account_id, self.user_id)
        # A prefix tells an empty code from a missing one.
        return derived_id(NAMESPACE, *("-" if part is None else f"+{part}" for part in parts))

    def concerns(self, rule: Rule) -> bool:
        """Whether a rule is one of the audience's."""
        match rule.owner_kind:
            case OwnerKind.CUSTOMER_GROUP:
                return rule.owner_id == self.customer_group
            case OwnerKind.ROLE:
                return rule.owner_id == self.role_id
            case OwnerKind.ACCOUNT:
                return rule.owner_id == self.account_id
            case OwnerKind.USER:
                return rule.owner_id == self.user_id


@dataclass(frozen=True, slots=True)
class Audience:
    """A compiled audience; `entries` None says that it was never compiled."""

    id: str
    version: int
    grounds: Grounds
    entries: dict[str, Any] | None


def compiled(grounds: Grounds, rules: Iterable[Rule]) -> dict[str, Any]:
    """The entries of an audience: each target with its rule, in an order of their own."""
    mine = sorted((rule for rule in rules if grounds.concerns(rule)), key=lambda rule: rule.id)
    return {
        "also": _entries(mine, Effect.ALSO),
        "only": [
            {
                "rule_id": rule.id,
                "targets": [{"target": kind, "id": key} for kind, key in sorted(rule.targets)],
            }
            for rule in mine
            if rule.effect is Effect.ONLY
        ],
        "hide": _entries(mine, Effect.HIDE),
    }


def _entries(rules: Sequence[Rule], effect: Effect) -> list[dict[str, Any]]:
    return [
        {"target": kind, "id": key, "rule_id": rule.id}
        for rule in rules
        if rule.effect is effect
        for kind, key in sorted(rule.targets)
    ]


@dataclass(frozen=True, slots=True)
class Membership:
    """A user as audiences see him: his account's facts and which of his owners have rules of their own."""

    user_id: str
    account_id: str
    role_id: str
    catalogue_id: str | None
    customer_group: str | None
    account_owns_rules: bool
    user_owns_rules: bool
    active: bool

    @property
    def grounds(self) -> Grounds:
        """What his audience rests on."""
        return Grounds(
            catalogue_id=self.catalogue_id,
            customer_group=self.customer_group,
            role_id=self.role_id,
            account_id=self.account_id if self.account_owns_rules else None,
            user_id=self.user_id if self.user_owns_rules else None,
        )


@dataclass(frozen=True, slots=True)
class UserAudience:
    """A user's place: his account, and his audience as it is now."""

    account_id: str
    audience: Audience


@dataclass(frozen=True, slots=True)
class VisibilityPrincipal:
    """Which audience a user belongs to; `deleted` says to none any more."""

    user_id: str
    version: int
    audience_id: str
    account_id: str
    deleted: bool
