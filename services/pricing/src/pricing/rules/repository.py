"""Visibility rules ⇄ PostgreSQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, RowMapping, Select, insert, select, union, update

from chassis.database import Reader, Transaction
from pricing.rules.models import Effect, Named, OwnerKind, Rule, RuleFilter
from pricing.tables import category, product, visibility_rule


def read_rule(row: RowMapping) -> Rule:
    """A rule from its row."""
    return Rule(
        id=row["id"],
        version=row["version"],
        effect=Effect(row["effect"]),
        owner_kind=OwnerKind(row["owner_kind"]),
        owner_id=row["owner_id"],
        targets=frozenset((entry["target"], entry["id"]) for entry in row["targets"]),
        note=row["note"],
        deleted=row["deleted"],
    )


def _written(rule: Rule) -> dict[str, Any]:
    return {"id": rule.id, "version": rule.version, "deleted": rule.deleted, **rule.shown()}


def _known(column: Column[Any], kind: str, targets: Sequence[Named]) -> Select[Any]:
    return select(column).where(column.in_([key for named, key in targets if named == kind])).distinct()


class RuleRepository:
    """Finds, locks and stores rules."""

    async def find(self, reader: Reader, rule_id: str) -> Rule | None:
        """The rule, None if there is none (any more)."""
        row = await reader.first(
            select(visibility_rule).where(visibility_rule.c.id == rule_id, ~visibility_rule.c.deleted)
        )
        return read_rule(row) if row else None

    async def locked(self, tx: Transaction, rule_id: str) -> Rule | None:
        """The rule, locked until the transaction ends."""
        row = await tx.first(
            select(visibility_rule)
            .where(visibility_rule.c.id == rule_id, ~visibility_rule.c.deleted)
            .with_for_update()
        )
        return read_rule(row) if row else None

    async def page(self, reader: Reader, wanted: RuleFilter, after_id: str | None, limit: int) -> list[Rule]:
        """Rules by id, those behind `after_id`, one more than `limit`."""
        table = visibility_rule.c
        statement = select(visibility_rule).where(~table.deleted).order_by(table.id).limit(limit + 1)
        if wanted.effect is not None:
            statement = statement.where(table.effect == wanted.effect.value)
        if wanted.owner_kind is not None:
            statement = statement.where(table.owner_kind == wanted.owner_kind.value)
        if wanted.owner_id is not None:
            statement = statement.where(table.owner_id == wanted.owner_id)
        if after_id is not None:
            statement = statement.where(table.id > after_id)
        return [read_rule(row) for row in await reader.all(statement)]

    async def add(self, tx: Transaction, rule: Rule) -> None:
        """Stores a new rule."""
        await tx.execute(insert(visibility_rule).values(_written(rule)))

    async def save(self, tx: Transaction, rule: Rule) -> None:
        """Stores a changed rule."""
        await tx.execute(
            update(visibility_rule).where(visibility_rule.c.id == rule.id).values(_written(rule))
        )

    async def known(self, reader: Reader, rules: Sequence[Rule]) -> frozenset[str]:
        """The ids among the rules' targets that some product or category known here has."""
        targets = sorted({target for rule in rules for target in rule.targets})
        found = union(
            _known(product.c.id, "product", targets),
            _known(product.c.brand_id, "brand", targets),
            _known(product.c.item_group_id, "item_group", targets),
            _known(category.c.id, "category", targets),
        )
        return frozenset(await reader.scalars(found))
