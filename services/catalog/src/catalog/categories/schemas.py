"""Categories on the wire."""

from typing import Annotated

from pydantic import Field

from catalog.categories.models import Category, CategoryChange, CategoryTree
from chassis.models import Answer, StrictModel
from chassis.values import Count, Identifier, Line, Locale, Slug

Names = Annotated[dict[Locale, Line], Field(max_length=50, description="Names by locale.")]


class CategoryTreeOut(Answer):
    """A way to arrange the assortment."""

    id: str
    code: str
    names: dict[str, str]

    @classmethod
    def of(cls, tree: CategoryTree) -> "CategoryTreeOut":
        """The wire form of a tree."""
        return cls(id=tree.id, code=tree.code, names=dict(tree.names))


class CategoryTreeCreate(StrictModel):
    """A tree to be made."""

    code: Slug
    names: Names

    def wanted(self) -> CategoryTree:
        """The tree asked for; its id and version are not given yet."""
        return CategoryTree("", 0, self.code, self.names)


class CategoryOut(Answer):
    """A category; `path` is the ids from the root to itself."""

    id: str
    tree_id: str
    parent_id: str | None
    code: str
    names: dict[str, str]
    position: int
    path: list[str]

    @classmethod
    def of(cls, category: Category) -> "CategoryOut":
        """The wire form of a category."""
        return cls(
            id=category.id,
            tree_id=category.tree_id,
            parent_id=category.parent_id,
            code=category.code,
            names=dict(category.names),
            position=category.position,
            path=list(category.path),
        )


class CategoryCreate(StrictModel):
    """A category to be made."""

    tree_id: Identifier
    parent_id: Identifier | None = None
    code: Slug
    names: Names
    position: Count = 0

    def wanted(self) -> Category:
        """The category asked for; id, version and path are not given yet."""
        return Category("", 0, self.tree_id, self.parent_id, self.code, self.names, self.position, ())


class CategoryPatch(StrictModel):
    """Fields of a category to be changed; absent ones stay."""

    code: Slug | None = None
    names: Names | None = None
    position: Count | None = None

    def change(self) -> CategoryChange:
        """The change asked for."""
        return CategoryChange(self.code, self.names, self.position)


class CategoryMove(StrictModel):
    """Where a category goes, with everything under it; without a parent it becomes a root."""

    parent_id: Identifier | None
    position: Count
