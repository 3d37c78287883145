"""Roles on the wire."""

from typing import Annotated

from pydantic import Field

from accounts.roles.models import Role, RoleChange, RoleKind
from chassis.models import Answer, StrictModel
from chassis.values import Flag, Line, Slug

Permissions = Annotated[list[Line], Field(max_length=100, description="Names of permissions.")]


class RoleOut(Answer):
    """A role."""

    id: str
    code: str
    kind: RoleKind
    name: str
    permissions: list[str]
    sees_prices: bool
    sees_stock: bool

    @classmethod
    def of(cls, role: Role) -> "RoleOut":
        """The wire form of a role."""
        return cls(
            id=role.id,
            code=role.code,
            kind=role.kind,
            name=role.name,
            permissions=sorted(role.permissions),
            sees_prices=role.sees_prices,
            sees_stock=role.sees_stock,
        )


class RoleCreate(StrictModel):
    """A role to be made."""

    code: Slug
    kind: RoleKind
    name: Line
    permissions: Permissions
    sees_prices: Flag = True
    sees_stock: Flag = True

    def wanted(self) -> Role:
        """The role asked for; its id and version are not given yet."""
        return Role(
            "",
            0,
            self.code,
            self.kind,
            self.name,
            frozenset(self.permissions),
            self.sees_prices,
            self.sees_stock,
        )


class RolePatch(StrictModel):
    """Fields of a role to be changed; absent ones stay."""

    name: Line | None = None
    permissions: Permissions | None = None
    sees_prices: Flag | None = None
    sees_stock: Flag | None = None

    def change(self) -> RoleChange:
        """The change asked for."""
        permissions = None if self.permissions is None else frozenset(self.permissions)
        return RoleChange(self.name, permissions, self.sees_prices, self.sees_stock)
