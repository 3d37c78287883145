"""Category trees and categories ⇄ PostgreSQL."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.dialects.postgresql import insert

from catalog.categories.models import Category, CategoryTree
from catalog.tables import category, category_tree, product_category
from chassis.database import Reader, Transaction


def _read(row: RowMapping) -> Category:
    return Category(**{**row, "path": tuple(row["path"])})


def _written(model: Category) -> dict[str, Any]:
    return asdict(model) | {"path": list(model.path), "names": dict(model.names)}


class CategoryRepository:
    """Finds, locks and stores trees and categories."""

    async def tree(self, reader: Reader, tree_id: str) -> CategoryTree | None:
        """One tree."""
        row = await reader.first(select(category_tree).where(category_tree.c.id == tree_id))
        return CategoryTree(**row) if row else None

    async def trees(self, reader: Reader, after_id: str | None, limit: int) -> list[CategoryTree]:
        """Trees by id, one more than `limit`."""
        statement = select(category_tree).order_by(category_tree.c.id).limit(limit + 1)
        if after_id is not None:
            statement = statement.where(category_tree.c.id > after_id)
        return [CategoryTree(**row) for row in await reader.all(statement)]

    async def add_tree(self, tx: Transaction, tree: CategoryTree) -> bool:
        """Stores a new tree; False if another one has its code."""
        values = asdict(tree) | {"names": dict(tree.names)}
        return await tx.execute(insert(category_tree).values(values).on_conflict_do_nothing()) == 1

    async def find(self, reader: Reader, category_id: str, *, lock: bool = False) -> Category | None:
        """The category, None if there is none (any more)."""
        statement = select(category).where(category.c.id == category_id, ~category.c.deleted)
        row = await reader.first(statement.with_for_update() if lock else statement)
        return _read(row) if row else None

    async def code_taken(self, reader: Reader, wanted: Category) -> bool:
        """Whether another category of the tree, removed ones too, has the code."""
        statement = select(func.count()).where(
            category.c.tree_id == wanted.tree_id, category.c.code == wanted.code, category.c.id != wanted.id
        )
        return bool(await reader.scalar(statement))

    async def page(
        self, reader: Reader, tree_id: str | None, parent_id: str | None, after_id: str | None, limit: int
    ) -> list[Category]:
        """Categories by id, one more than `limit`."""
        statement = select(category).where(~category.c.deleted).order_by(category.c.id).limit(limit + 1)
        if tree_id is not None:
            statement = statement.where(category.c.tree_id == tree_id)
        if parent_id is not None:
            statement = statement.where(category.c.parent_id == parent_id)
        if after_id is not None:
            statement = statement.where(category.c.id > after_id)
        return [_read(row) for row in await reader.all(statement)]

    async def chunk(self, tx: Transaction, after_id: str | None, limit: int) -> list[Category]:
        """Categories by id, removed ones too, locked: for republishing."""
        statement = select(category).order_by(category.c.id).limit(limit).with_for_update()
        if after_id is not None:
            statement = statement.where(category.c.id > after_id)
        return [_read(row) for row in await tx.all(statement)]

    async def descendants(self, tx: Transaction, category_id: str) -> list[Category]:
        """Those below a category, locked in the order of their ids."""
        statement = select(category).where(
            category.c.path.contains([category_id]), category.c.id != category_id, ~category.c.deleted
        )
        return [_read(row) for row in await tx.all(statement.order_by(category.c.id).with_for_update())]

    async def products_below(self, reader: Reader, category_id: str) -> Sequence[str]:
        """Ids of the products in a category or below it, in order."""
        statement = (
            select(product_category.c.product_id)
            .join(category, category.c.id == product_category.c.category_id)
            .where(category.c.path.contains([category_id]))
            .distinct()
        )
        return await reader.scalars(statement.order_by(product_category.c.product_id))

    async def unknown(self, reader: Reader, category_ids: Sequence[str]) -> list[str]:
        """Those that do not exist (any more)."""
        found = await reader.scalars(
            select(category.c.id).where(category.c.id.in_(list(category_ids)), ~category.c.deleted)
        )
        return sorted(set(category_ids) - set(found))

    async def add(self, tx: Transaction, model: Category) -> None:
        """Stores a new category."""
        await tx.execute(insert(category).values(_written(model)))

    async def save(self, tx: Transaction, model: Category) -> None:
        """Stores a changed category."""
        await tx.execute(update(category).where(category.c.id == model.id).values(_written(model)))
