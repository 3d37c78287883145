"""What the ERP answers about an order: mostly yes, for some lines later, less, or something else. Pure."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

_OF: Final = 16  # five lines of so many are not simply confirmed
_DELAY: Final = timedelta(days=3)
Facts = dict[tuple[int, str], tuple[Decimal, str | None]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A fact about a line; `step` counts the ERP's later thoughts about it."""

    line_number: int
    kind: str
    quantity: Decimal
    step: int = 0
    product: str | None = None
    due: str | None = None


def answers_to(order: Mapping[str, Any]) -> list[Answer]:
    """The answers about every line, the later ones sometimes before the earlier."""
    due = str(datetime.fromisoformat(order["ordered_at"]).date() + _DELAY)
    return [answer for line in order["lines"] for answer in _about(order, line, due)]


def _about(order: Mapping[str, Any], line: Mapping[str, Any], due: str) -> Iterator[Answer]:
    number, quantity = line["line_number"], Decimal(line["quantity"])
    now = quantity // 2
    later = quantity - now
    case = zlib.crc32(f"{order['customer_reference']}/{number}".encode()) % _OF
    if case == 0:  # a part comes later
        yield from _confirmed(number, now)
        yield Answer(number, "back_ordered", later, due=due)
    elif case == 1:  # a part comes later, and has come; the ERP's queue turned them round
        yield Answer(number, "confirmed", quantity, step=1)
        yield from _confirmed(number, now)
        yield Answer(number, "back_ordered", later, due=due)
    elif case == 2:  # not to be had any more
        yield Answer(number, "cancelled", quantity)
    elif case == 3:  # less than was ordered
        yield from _confirmed(number, now)
        yield Answer(number, "cancelled", later)
    elif case == 4:  # another product instead
        others = [other["external_id"] for other in order["lines"]]
        yield Answer(number, "substituted", quantity, product=others[number % len(others)])
    else:
        yield Answer(number, "confirmed", quantity)


def _confirmed(number: int, quantity: Decimal) -> Iterator[Answer]:
    if quantity > 0:
        yield Answer(number, "confirmed", quantity)


def rows(order: Mapping[str, Any], erp_number: str) -> list[dict[str, Any]]:
    """The answers as the feed of order responses takes them."""
    placed = datetime.fromisoformat(order["ordered_at"])
    return [
        {
            "external_id": f"{erp_number}/{answer.line_number}/{answer.kind}/{answer.step}",
            "occurred_at": (placed + timedelta(minutes=1 + answer.step)).isoformat(),
            "order_number": order["order_number"],
            "erp_order_number": erp_number,
            "kind": answer.kind,
            "line_number": answer.line_number,
            "quantity": str(answer.quantity),
            **({} if answer.product is None else {"product": answer.product}),
            **(
                {}
                if answer.due is None
                else {"schedules": [{"quantity": str(answer.quantity), "date": answer.due}]}
            ),
        }
        for answer in answers_to(order)
    ]


def newest(order: Mapping[str, Any]) -> Facts:
    """What must be visible in the end: of each line and kind the latest thought."""
    found: Facts = {}
    for answer in sorted(answers_to(order), key=lambda answer: answer.step):
        found[answer.line_number, answer.kind] = (answer.quantity, answer.product)
    return found


def shown(document: Mapping[str, Any]) -> Facts:
    """What the order service shows of the answers."""
    return {
        (line["line_number"], kind): (Decimal(fact["quantity"]), fact["external_id"])
        for line in document["lines"]
        for kind, fact in (line["confirmed"] or {}).items()
    }
