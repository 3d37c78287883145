"""What a user may do follows from role and flags."""

import pytest

from accounts.blocks import Block, stricter
from accounts.roles.models import Role, unknown_permissions


def role(*permissions: str, sees_prices: bool = True, sees_stock: bool = True, deleted: bool = False) -> Role:
    return Role("r", 1, "code", "user", "Name", frozenset(permissions), sees_prices, sees_stock, deleted)


@pytest.mark.parametrize("of_role", [True, False])
@pytest.mark.parametrize("of_user", [True, False])
def test_prices_are_seen_only_if_role_and_user_both_allow_it(of_role: bool, of_user: bool) -> None:
    granted = role("prices:read", "products:read", sees_prices=of_role).granted(
        sees_prices=of_user, sees_stock=True
    )
    assert (of_role and of_user) == ("prices:read" in granted)
    assert "products:read" in granted


def test_less_is_granted_when_a_permission_a_flag_or_the_role_goes() -> None:
    before = role("prices:read", "orders:place")
    assert role("prices:read").grants_less_than(before)
    assert role("prices:read", "orders:place", sees_prices=False).grants_less_than(before)
    assert role("prices:read", "orders:place", deleted=True).grants_less_than(before)
    assert not role("prices:read", "orders:place", "carts:write").grants_less_than(before)


def test_permissions_of_staff_are_unknown_to_roles_of_users() -> None:
    assert ["staff:write"] == unknown_permissions("user", frozenset({"staff:write", "orders:place"}))


@pytest.mark.parametrize(
    ("erp", "platform", "expected"),
    [
        ("none", "none", "none"),
        ("orders", "none", "orders"),
        ("orders", "access", "access"),
        ("none", "orders", "orders"),
    ],
)
def test_the_stricter_block_counts(erp: Block, platform: Block, expected: Block) -> None:
    assert expected == stricter(erp, platform)
