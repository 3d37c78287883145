"""A user's public state as an event."""

from accounts import events
from accounts.events import UserState
from accounts.permissions import SEES_PRICES, SEES_STOCK
from accounts.users.models import User
from eventing.outbox import Outgoing


def outgoing(user: User) -> Outgoing:
    """The user without name and mail; a removed one is a deletion."""
    if user.deleted:
        return Outgoing(events.USER, user.id, user.version, None)
    granted = user.permissions()
    state = UserState(
        id=user.id,
        account_id=user.account_id,
        login_id=user.login_id,
        role_id=user.role.id,
        managed_by=user.managed_by,
        status=user.status,
        sees_prices=SEES_PRICES in granted,
        sees_stock=SEES_STOCK in granted,
        invited_at=user.invited_at,
        first_login_at=user.first_login_at,
        last_login_on=user.last_login_on,
    )
    return Outgoing(events.USER, user.id, user.version, state)
