"""A category and its place in a tree: pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class CategoryTree:
    """A way to arrange the assortment; there may be several."""

    id: str
    version: int
    code: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Category:
    """A category; `path` is the ids from the root to itself."""

    id: str
    version: int
    tree_id: str
    parent_id: str | None
    code: str
    names: Mapping[str, str]
    position: int
    path: tuple[str, ...]
    deleted: bool = False

    def below(self, parent: "Category | None") -> "Category":
        """The category as a child of `parent`, a root without one."""
        path = (*parent.path, self.id) if parent else (self.id,)
        return replace(self, parent_id=parent.id if parent else None, path=path)

    def follows(self, moved: "Category", before: "Category") -> "Category":
        """This descendant after its ancestor was moved from where it was `before`."""
        return replace(self, path=(*moved.path, *self.path[len(before.path) :]))


@dataclass(frozen=True, slots=True)
class CategoryChange:
    """The fields somebody wants to change; None leaves one as it is."""

    code: str | None = None
    names: Mapping[str, str] | None = None
    position: int | None = None

    def applied_to(self, category: Category) -> Category:
        """The category with the change."""
        wanted = {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}
        return replace(category, **wanted)
