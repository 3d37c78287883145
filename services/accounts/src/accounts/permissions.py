"""Every permission there is: what roles are made of, and the scopes of machine clients."""

from typing import Final

USER_PERMISSIONS: Final = frozenset(
    {
        "products:read",
        "prices:read",
        "stock:read",
        "carts:write",
        "orders:place",
        "orders:read",
        "orders:read_account",
        "users:manage",
    }
)
STAFF_PERMISSIONS: Final = frozenset(
    {
        "accounts:read",
        "accounts:write",
        "users:write",
        "staff:write",
        "clients:write",
        "roles:write",
        "channels:write",
        "audit:read",
        "catalog:read",
        "catalog:write",
        "pricing:read",
        "pricing:write",
        "visibility:read",
        "visibility:write",
        "orders:read_all",
        "exports:read",
        "exports:write",
        "imports:read",
        "imports:write",
        "analytics:read",
        "support:act",
    }
)
CLIENT_SCOPES: Final = frozenset(
    {
        "accounts:feed",
        "users:feed",
        "products:feed",
        "stock:feed",
        "prices:feed",
        "prices:resolve",
        "orders:export",
        "orders:respond",
        "imports:read",
    }
)
SEES_PRICES: Final = "prices:read"
SEES_STOCK: Final = "stock:read"
