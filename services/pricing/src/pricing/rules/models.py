"""A visibility rule and its changes: pure."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal

TargetKind = Literal["product", "brand", "category", "item_group"]
Named = tuple[TargetKind, str]


class Effect(StrEnum):
    """What a rule does with the products it names."""

    ALSO = "also"
    ONLY = "only"
    HIDE = "hide"


class OwnerKind(StrEnum):
    """Whose rule it is."""

    CUSTOMER_GROUP = "customer_group"
    ACCOUNT = "account"
    ROLE = "role"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Rule:
    """Grants (`also`), limits to (`only`) or hides products named by targets, for the users of its owner."""

    id: str
    version: int
    effect: Effect
    owner_kind: OwnerKind
    owner_id: str
    targets: frozenset[Named]
    note: str | None = None
    deleted: bool = False

    def shown(self) -> dict[str, Any]:
        """Itself as an audit row keeps it."""
        return {
            "effect": self.effect.value,
            "owner_kind": self.owner_kind.value,
            "owner_id": self.owner_id,
            "targets": [{"target": kind, "id": key} for kind, key in sorted(self.targets)],
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class RuleChange:
    """The fields somebody wants to change; None leaves one as it is. An empty note clears it."""

    effect: Effect | None = None
    targets: frozenset[Named] | None = None
    note: str | None = None

    def applied_to(self, rule: Rule, version: int) -> Rule:
        """The rule with the change."""
        return replace(
            rule,
            version=version,
            effect=self.effect or rule.effect,
            targets=rule.targets if self.targets is None else self.targets,
            note=rule.note if self.note is None else self.note or None,
        )


@dataclass(frozen=True, slots=True)
class RuleFilter:
    """Which rules somebody wants to see; None is no condition."""

    effect: Effect | None = None
    owner_kind: OwnerKind | None = None
    owner_id: str | None = None
