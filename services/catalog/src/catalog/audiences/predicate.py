"""The one predicate: which products an audience sees, as SQL for every query there is."""

# ruff: noqa: S608 - statements are put together here from constants; every value is bound

from typing import Any

from catalog.audiences.models import Audience


class Statement:
    """A statement being written: its text, and its parameters numbered as PostgreSQL counts them."""

    def __init__(self) -> None:
        self.text = ""
        self.params: list[Any] = []

    def bind(self, value: Any) -> str:
        """Adds a parameter; returns its placeholder."""
        self.params.append(value)
        return f"${len(self.params)}"


def visible(statement: Statement, audience: Audience, alias: str = "l") -> str:
    """A condition on `listing` under the alias: true for exactly the products the audience sees."""
    targets = f"{alias}.targets && {{}}::text[]"
    member = (
        "EXISTS (SELECT 1 FROM catalogue_member m WHERE m.catalogue_id = "
        f"{statement.bind(audience.catalogue_id)}::text AND m.product_id = {alias}.product_id)"
    )
    granted = sorted(set().union(*(rule.target_ids for rule in audience.also)))
    if granted:
        member = f"({member} OR {targets.format(statement.bind(granted))})"
    conditions = [f"{alias}.sellable", member]
    conditions += [targets.format(statement.bind(sorted(rule.target_ids))) for rule in audience.only]
    hidden = sorted(set().union(*(rule.target_ids for rule in audience.hide)))
    if hidden:
        conditions.append("NOT " + targets.format(statement.bind(hidden)))
    return " AND ".join(conditions)
