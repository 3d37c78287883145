"""What pricing listens to: each topic, the model it is read by, and the handler it is given to."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic

from chassis.database import Transaction
from eventing.consumer import AnySubscription, Arrived, Subscription
from eventing.topics import Kind, M
from pricing.audiences.consumers import AudienceConsumers
from pricing.projections.consumers import ProjectionConsumers
from pricing.projections.states import AccountSeen, CategorySeen, MemberSeen, ProductSeen, RoleSeen


@dataclass(frozen=True)
class Heard(Generic[M]):
    """A state topic and how it is read."""

    topic: str
    model: type[M]
    kind: Kind = Kind.STATE

    def given_to(
        self, handler: Callable[[Transaction, Sequence[Arrived[M]]], Awaitable[None]]
    ) -> AnySubscription:
        """The subscription of a handler."""
        return Subscription(self.topic, self.kind, self.model, handler)


ROLE: Final = Heard("accounts.role", RoleSeen)
PRODUCT: Final = Heard("catalog.product", ProductSeen)
CATEGORY: Final = Heard("catalog.category", CategorySeen)
ACCOUNT: Final = Heard("accounts.account", AccountSeen)
USER: Final = Heard("accounts.user", MemberSeen)
SUBSCRIBED: Final = (ROLE, PRODUCT, CATEGORY, ACCOUNT, USER)


def subscriptions(
    audiences: AudienceConsumers, projections: ProjectionConsumers
) -> tuple[AnySubscription, ...]:
    """Every topic of SUBSCRIBED with its handler; accounts before users, whose audiences rest on them."""
    return (
        ROLE.given_to(projections.roles),
        PRODUCT.given_to(projections.products),
        CATEGORY.given_to(projections.categories),
        ACCOUNT.given_to(audiences.accounts),
        USER.given_to(audiences.users),
    )
