"""The roles every installation starts with, and the first administrator."""

import uuid
from typing import Final

from accounts.permissions import SEES_PRICES, SEES_STOCK, STAFF_PERMISSIONS
from accounts.roles.models import ADMINISTRATOR, Role, RoleKind
from accounts.roles.service import outgoing
from accounts.staff.models import StaffMember
from accounts.wiring import Wiring
from chassis.clock import next_version
from chassis.ids import derived_id, new_id

_NAMESPACE: Final = uuid.UUID("5f0c1c4e-27a8-4a39-9a1e-6b1f0c5d7e21")
_LOOKS: Final = ("products:read", "stock:read")
_BUYS: Final = (*_LOOKS, "prices:read", "carts:write", "orders:place", "orders:read")

_USER_ROLES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "buyer": ("Buyer", _BUYS),
    "planner": ("Planner", tuple(name for name in _BUYS if name != "orders:place")),
    "operational": ("Operational", (*_LOOKS, "orders:read_account")),
    "account_admin": ("Account admin", (*_BUYS, "orders:read_account", "users:manage")),
    "viewer": ("Viewer", ("products:read", "prices:read", "orders:read_account")),
}
_STAFF_ROLES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    ADMINISTRATOR: ("Administrator", tuple(sorted(STAFF_PERMISSIONS))),
    "product_manager": (
        "Product manager",
        ("catalog:read", "catalog:write", "imports:read", "analytics:read"),
    ),
    "account_manager": (
        "Account manager",
        (
            "accounts:read",
            "accounts:write",
            "users:write",
            "visibility:read",
            "orders:read_all",
            "pricing:read",
        ),
    ),
    "integration_manager": (
        "Integration manager",
        ("clients:write", "channels:write", "imports:read", "imports:write", "exports:read", "exports:write"),
    ),
    "analyst": ("Analyst", ("analytics:read", "orders:read_all")),
    "support": (
        "Support",
        ("accounts:read", "orders:read_all", "support:act", "visibility:read", "pricing:read"),
    ),
}


def role_id(kind: RoleKind, code: str) -> str:
    """The id of a seeded role: the same in every installation."""
    return derived_id(_NAMESPACE, kind, code)


async def seed_roles(wiring: Wiring) -> int:
    """Adds those seeded roles that were never there; returns how many. Changed or removed ones stay so."""
    now = wiring.clock.now()
    wanted = [
        Role(
            role_id(kind, code),
            next_version(None, now),
            code,
            kind,
            name,
            frozenset(permissions),
            sees_prices=SEES_PRICES in permissions,
            sees_stock=SEES_STOCK in permissions,
        )
        for kind, roles in _BY_KIND
        for code, (name, permissions) in roles.items()
    ]
    async with wiring.database.transaction() as tx:
        added = [role for role in wanted if await wiring.stores.roles.add(tx, role)]
        await wiring.outbox.put(tx, [outgoing(role) for role in added])
    return len(added)


_BY_KIND: Final[tuple[tuple[RoleKind, dict[str, tuple[str, tuple[str, ...]]]], ...]] = (
    ("user", _USER_ROLES),
    ("staff", _STAFF_ROLES),
)


async def add_administrator(wiring: Wiring, email: str, password: str) -> bool:
    """Makes an administrator with a password; False if the login is staff already."""
    encoded = await wiring.passwords.hash(password)
    async with wiring.database.transaction() as tx:
        role = await wiring.stores.roles.by_code(tx, "staff", ADMINISTRATOR)
        assert role is not None, "roles are seeded by the migration command"
        login = await wiring.stores.logins.ensure(tx, email, None, None)
        version = next_version(None, wiring.clock.now())
        member = StaffMember(new_id(), version, login.id, login.email, None, role)
        if not await wiring.stores.staff.add(tx, member):
            return False
        await wiring.stores.logins.set_password(tx, login.id, encoded, None)
    return True
