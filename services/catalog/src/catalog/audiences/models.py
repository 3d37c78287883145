"""An audience and what it says about one product: pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

RuleKind = Literal["also", "only", "hide"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One visibility rule: it matches a product that one of the target ids names."""

    id: str
    target_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Audience:
    """The compiled answer to "what may this user see".

    visible = (member of the catalogue, or any `also` matches) and every `only` matches and no `hide` does.
    """

    id: str
    version: int
    catalogue_id: str | None
    also: tuple[Rule, ...]
    only: tuple[Rule, ...]
    hide: tuple[Rule, ...]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Audience":
        """An audience from pricing's answer. Raises KeyError, TypeError when it is none."""
        return cls(
            id=document["audience_id"],
            version=int(document["version"]),
            catalogue_id=document["catalogue_id"],
            also=tuple(Rule(entry["rule_id"], frozenset({entry["id"]})) for entry in document["also"]),
            only=tuple(
                Rule(entry["rule_id"], frozenset(target["id"] for target in entry["targets"]))
                for entry in document["only"]
            ),
            hide=tuple(Rule(entry["rule_id"], frozenset({entry["id"]})) for entry in document["hide"]),
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides about one product; `targets` is every id a rule can name it by."""

    lifecycle: str
    placeholder: bool
    is_charge: bool
    member: bool
    targets: frozenset[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One finding of the explanation: what was looked at, whether it lets the product through, and why."""

    check: str
    passes: bool
    reason: str
    rule_id: str | None = None


def explain(audience: Audience, facts: Facts) -> list[Verdict]:
    """Every check in order. All must pass; of membership and grants one suffices."""
    granted = [rule for rule in audience.also if rule.target_ids & facts.targets]
    found = [
        Verdict("lifecycle", facts.lifecycle != "discontinued", f"the ERP says {facts.lifecycle}"),
        Verdict("placeholder", not facts.placeholder, _placeholder(facts.placeholder)),
        Verdict(
            "charge", not facts.is_charge, "a charge is not sold" if facts.is_charge else "it is a product"
        ),
        Verdict("assortment", facts.member or bool(granted), _assortment(audience, facts.member, granted)),
    ]
    found += [Verdict("also", passes=True, reason="the rule grants it", rule_id=rule.id) for rule in granted]
    for rule in audience.only:
        matches = bool(rule.target_ids & facts.targets)
        reason = "it is among those the rule leaves" if matches else "the rule leaves only others"
        found.append(Verdict("only", matches, reason, rule.id))
    for rule in audience.hide:
        if rule.target_ids & facts.targets:
            found.append(Verdict("hide", passes=False, reason="the rule hides it", rule_id=rule.id))
    return found


def is_visible(verdicts: list[Verdict]) -> bool:
    """Whether everything passes."""
    return all(verdict.passes for verdict in verdicts)


def _placeholder(placeholder: bool) -> str:
    return "the ERP has only named it so far" if placeholder else "the ERP has sent it"


def _assortment(audience: Audience, member: bool, granted: list[Rule]) -> str:
    if member:
        return "it is in the account's catalogue"
    if granted:
        return "not in the account's catalogue, but granted by a rule"
    if audience.catalogue_id is None:
        return "the account has no catalogue"
    return "it is not in the account's catalogue, and no rule grants it"
