"""What a service author writes to listen: a subscription with a handler."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from chassis.database import Transaction
from eventing.envelope import Arrived
from eventing.topics import Kind, M

__all__ = ["AnySubscription", "Arrived", "Subscription"]


@dataclass(frozen=True)
class Subscription(Generic[M]):
    """One topic this service consumes.

    `apply` gets at most one message per key for state (the newest of the batch), in a transaction it does not
    end, and may be handed the same message again: state is written by version (see `eventing.projection`).
    Notices come once each, in order. Whatever it raises parks the key, lost connections and deadlocks apart.
    """

    topic: str
    kind: Kind
    model: type[M]
    apply: Callable[[Transaction, Sequence[Arrived[M]]], Awaitable[None]]


AnySubscription = Subscription[Any]
