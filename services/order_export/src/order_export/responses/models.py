"""What the ERP answered about an order, merged: pure, and the same in whatever order the answers came."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal

Kind = Literal["confirmed", "back_ordered", "substituted", "added", "cancelled", "rejected"]
KINDS: Final = ("confirmed", "back_ordered", "substituted", "added", "cancelled", "rejected")
Status = Literal["received", "exported", "confirmed", "partly_confirmed", "rejected", "cancelled"]


@dataclass(frozen=True, slots=True)
class Response:
    """One answer of the ERP about a line (None: the whole order); the quantity is cumulative."""

    event_id: str
    kind: Kind
    occurred_at: datetime
    line_number: int | None
    quantity: Decimal | None = None
    unit: str | None = None
    product: str | None = None
    net_price: Decimal | None = None
    line_amount: Decimal | None = None
    schedules: Sequence[Mapping[str, Any]] | None = None
    text: str | None = None
    erp_order_number: str | None = None
    withdrawn: bool = False


Newest = dict[tuple[int | None, Kind], Response]


def newest(responses: Iterable[Response]) -> Newest:
    """Per line and kind the newest answer; of two at the same time the one with the greater event id."""
    found: Newest = {}
    for response in responses:
        place = (response.line_number, response.kind)
        present = found.get(place)
        if present is None or _age(present) < _age(response):
            found[place] = response
    return found


def _age(response: Response) -> tuple[datetime, str]:
    return response.occurred_at, response.event_id


def status_of(
    ordered: Mapping[int, Decimal], found: Newest, *, in_erp: bool, export_rejected: bool = False
) -> Status:
    """The status of an order from its lines' ordered quantities and the newest answers.

    `in_erp`: the ERP acknowledged the order or answered about it.
    """
    whole = {kind for line, kind in found if line is None}
    if "cancelled" in whole or _covered(ordered, found, ("cancelled",)):
        return "cancelled"
    if "rejected" in whole or export_rejected or _covered(ordered, found, ("cancelled", "rejected")):
        return "rejected"
    if "confirmed" in whole or _covered(
        ordered, found, ("confirmed", "substituted", "cancelled", "rejected")
    ):
        return "confirmed"
    if any(kind in ("confirmed", "substituted", "back_ordered") for _, kind in found):
        return "partly_confirmed"
    return "exported" if in_erp else "received"


def _covered(ordered: Mapping[int, Decimal], found: Newest, kinds: Sequence[Kind]) -> bool:
    """Whether the answers of these kinds cover every line's ordered quantity."""
    for line, quantity in ordered.items():
        answers = [found[line, kind] for kind in kinds if (line, kind) in found]
        # An answer without a quantity speaks of the whole line.
        if not any(answer.quantity is None for answer in answers) and quantity > sum(
            (answer.quantity for answer in answers if answer.quantity is not None), Decimal(0)
        ):
            return False
    return bool(ordered)
