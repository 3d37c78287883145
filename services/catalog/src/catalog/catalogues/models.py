"""A catalogue and what defines it: pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

Target = Literal["all", "category", "brand", "item_group"]
Listing = Literal["include", "exclude", "remove"]


@dataclass(frozen=True, slots=True)
class MemberRule:
    """Products of a category (and below it), a brand or an item group; `all` names every product."""

    target: Target
    id: str | None

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "MemberRule":
        """A rule from its JSON."""
        return cls(stored["target"], stored["id"])


@dataclass(frozen=True, slots=True)
class Catalogue:
    """An assortment. A product listed by hand is in or out whatever the rules say."""

    id: str
    version: int
    code: str
    name: str
    include: tuple[MemberRule, ...] = ()
    exclude: tuple[MemberRule, ...] = ()
    deleted: bool = False

    @property
    def rules(self) -> tuple[MemberRule, ...]:
        """Every rule."""
        return self.include + self.exclude


@dataclass(frozen=True, slots=True)
class CatalogueChange:
    """The fields somebody wants to change; None leaves one as it is."""

    name: str | None = None
    include: tuple[MemberRule, ...] | None = None
    exclude: tuple[MemberRule, ...] | None = None

    def applied_to(self, catalogue: Catalogue, version: int) -> Catalogue:
        """The catalogue with the change."""
        wanted = {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}
        return replace(catalogue, version=version, **wanted)
