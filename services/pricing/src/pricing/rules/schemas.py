"""Visibility rules on the wire."""

from typing import Annotated

from pydantic import Field

from chassis.models import Answer, StrictModel
from chassis.values import Identifier, Line, LongText
from pricing.errors import OwnerMismatch
from pricing.rules.models import Effect, OwnerKind, Rule, RuleChange, TargetKind

_UUID_LENGTH = 36


class RuleTarget(StrictModel):
    """What a rule names."""

    target: TargetKind
    id: Identifier


Targets = Annotated[
    list[RuleTarget],
    Field(min_length=1, max_length=1000, description="An `only` rule needs one of them to match."),
]


class TargetOut(Answer):
    """What a rule names; `known` says whether anything here answers to it."""

    target: TargetKind
    id: str
    known: bool


class RuleOut(Answer):
    """A visibility rule."""

    id: str
    effect: Effect
    owner_kind: OwnerKind
    owner_id: str
    targets: list[TargetOut]
    note: str | None

    @classmethod
    def of(cls, rule: Rule, known: frozenset[str]) -> "RuleOut":
        """The wire form of a rule."""
        return cls(
            id=rule.id,
            effect=rule.effect,
            owner_kind=rule.owner_kind,
            owner_id=rule.owner_id,
            targets=[
                TargetOut(target=kind, id=key, known=key in known) for kind, key in sorted(rule.targets)
            ],
            note=rule.note,
        )


class RuleCreate(StrictModel):
    """A rule to be made. The owner is an account's, role's or user's id, or a customer group's code."""

    effect: Effect
    owner_kind: OwnerKind
    owner_id: Line
    targets: Targets
    note: LongText | None = None

    def wanted(self) -> Rule:
        """The rule asked for; its id and version are not given yet. Raises OwnerMismatch."""
        if self.owner_kind is not OwnerKind.CUSTOMER_GROUP and len(self.owner_id) != _UUID_LENGTH:
            raise OwnerMismatch
        return Rule(
            "", 0, self.effect, self.owner_kind, self.owner_id, _named(self.targets), self.note or None
        )


class RulePatch(StrictModel):
    """Fields of a rule to be changed; absent ones stay, an empty note clears it."""

    effect: Effect | None = None
    targets: Targets | None = None
    note: LongText | None = None

    def change(self) -> RuleChange:
        """The change asked for."""
        return RuleChange(self.effect, None if self.targets is None else _named(self.targets), self.note)


def _named(targets: list[RuleTarget]) -> frozenset[tuple[TargetKind, str]]:
    return frozenset((target.target, target.id) for target in targets)
