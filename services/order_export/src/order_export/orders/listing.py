"""The parameters by which a list of orders is narrowed."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query

from chassis.values import Day, Identifier, SearchText
from order_export.orders.repository import OrderFilter

Statuses = Annotated[
    list[SearchText], Query(description="Only with one of these.", max_length=6, alias="status")
]


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """What a list of orders is asked for."""

    filter: OrderFilter

    @property
    def binding(self) -> list[object]:
        """What a cursor of this list is bound to."""
        wanted = self.filter
        days = [str(day) if day else None for day in (wanted.ordered_from, wanted.ordered_to)]
        return [wanted.origin, list(wanted.status), wanted.q, wanted.ship_to_id, *days]


async def order_query(
    origin: Annotated[str | None, Query(pattern="^(platform|erp)$", description="Where it was born.")] = None,
    status: Statuses = [],  # noqa: B006 - FastAPI reads the default and never changes it
    q: Annotated[SearchText | None, Query(description="Part of a number or of the reference.")] = None,
    ship_to_id: Annotated[Identifier | None, Query(description="Only to this address.")] = None,
    ordered_from: Annotated[Day | None, Query(description="First day, local to the wholesaler.")] = None,
    ordered_to: Annotated[Day | None, Query(description="Last day, local to the wholesaler.")] = None,
) -> OrderQuery:
    """Dependency of every list of orders."""
    states = tuple(sorted(set(status)))
    return OrderQuery(OrderFilter(origin, states, q, ship_to_id, ordered_from, ordered_to))
