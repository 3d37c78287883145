"""What analytics listens to: everything."""

from typing import Final

from analytics.projections import assortment, feeds, notices, orders, people
from eventing.consumer import AnySubscription

SUBSCRIBED: Final[tuple[AnySubscription, ...]] = (
    *people.SUBSCRIPTIONS,
    *assortment.SUBSCRIPTIONS,
    *orders.SUBSCRIPTIONS,
    *feeds.SUBSCRIPTIONS,
    *notices.SUBSCRIPTIONS,
)
