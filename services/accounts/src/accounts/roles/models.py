"""A role, and what follows from changing one: pure."""

from dataclasses import dataclass, replace
from typing import Final, Literal

from accounts.permissions import SEES_PRICES, SEES_STOCK, STAFF_PERMISSIONS, USER_PERMISSIONS

RoleKind = Literal["user", "staff"]
ADMINISTRATOR: Final = "administrator"


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of permissions. Its flags say whether its holders see prices and stock at all."""

    id: str
    version: int
    code: str
    kind: RoleKind
    name: str
    permissions: frozenset[str]
    sees_prices: bool
    sees_stock: bool
    deleted: bool = False

    def granted(self, *, sees_prices: bool, sees_stock: bool) -> frozenset[str]:
        """The permissions of a holder whose own flags narrow the role's."""
        withheld = set()
        if not (self.sees_prices and sees_prices):
            withheld.add(SEES_PRICES)
        if not (self.sees_stock and sees_stock):
            withheld.add(SEES_STOCK)
        return self.permissions - withheld

    @property
    def administers(self) -> bool:
        """Whether it is the role that can give every other one: it stays as it is."""
        return self.kind == "staff" and self.code == ADMINISTRATOR

    def grants_less_than(self, other: "Role") -> bool:
        """Whether a holder loses something when `other` becomes this."""
        mine = self.granted(sees_prices=True, sees_stock=True)
        return self.deleted or not other.granted(sees_prices=True, sees_stock=True) <= mine


@dataclass(frozen=True, slots=True)
class RoleChange:
    """The fields somebody wants to change; None leaves one as it is."""

    name: str | None = None
    permissions: frozenset[str] | None = None
    sees_prices: bool | None = None
    sees_stock: bool | None = None

    def applied_to(self, role: Role, version: int) -> Role:
        """The role with the change."""
        wanted = {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}
        return replace(role, version=version, **wanted)


def unknown_permissions(kind: RoleKind, permissions: frozenset[str]) -> list[str]:
    """Those that do not exist for this kind of role, sorted."""
    existing = USER_PERMISSIONS if kind == "user" else STAFF_PERMISSIONS
    return sorted(permissions - existing)
