"""What each side says about the orders that were played, read through the public surfaces."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from local_stack.client import until
from local_stack.quickstart import CURRENCY, UNIT
from tests.acceptance.answers import Facts, newest, shown
from tests.acceptance.books import Booking
from tests.acceptance.callers import Lasting, every_item
from tests.acceptance.feeding import PATIENCE, Wholesaler
from tests.acceptance.manners import Play
from tests.acceptance.reconciliation import (
    CUSTOMER,
    LEVELS,
    ORDER,
    PRODUCT,
    SOURCE,
    OrderLine,
    PlayedOrder,
    Side,
    Tally,
)

_READ_AT_ONCE: Final = 16
Documents = dict[str, dict[str, Any]]


def source_side(plays: Sequence[Play]) -> Side:
    """The source's orders, each line rounded once."""
    return Side.of_orders(
        SOURCE,
        [
            PlayedOrder(
                play.document.invoice,
                play.document.customer,
                tuple(OrderLine(line.sku, line.quantity, line.amount) for line in play.document.lines),
            )
            for play in plays
        ],
    )


def erp_side(bookings: Sequence[Booking]) -> Side:
    """What stands in the ERP's books."""
    return Side.of_orders("ERP", [_played(booking.order) for booking in bookings])


def order_side(documents: Documents) -> Side:
    """The order service, as the users read their own orders."""
    return Side.of_orders("order service", [_played(document) for document in documents.values()])


def _played(document: Mapping[str, Any]) -> PlayedOrder:
    lines = (
        OrderLine(line["external_id"], Decimal(line["quantity"]), Decimal(line["line_amount"]))
        for line in document["lines"]
    )
    return PlayedOrder(document["customer_reference"], document["account_external_id"], tuple(lines))


async def read_orders(wholesaler: Wholesaler) -> tuple[Documents, list[str]]:
    """Every order by its number, read by the user who placed it, and what staff see otherwise."""
    gate = asyncio.Semaphore(_READ_AT_ONCE)
    documents: Documents = {}
    problems: list[str] = []

    async def read(customer: str, user: Lasting) -> None:
        async with gate:
            for summary in await every_item(user, "/v1/orders"):
                document = await user.get(f"/v1/orders/{summary['id']}")
                documents[document["order_number"]] = document
                if document["account_external_id"] != customer:
                    problems.append(f"customer {customer} reads order {document['order_number']} of another")
                problems.extend(_contradictions(summary, document))

    await asyncio.gather(*(read(customer, user) for customer, user in wholesaler.users.items()))
    listed = {order["order_number"] for order in await every_item(wholesaler.staff, "/admin/v1/orders")}
    problems += [f"order {number} is seen by one side only" for number in sorted(listed ^ documents.keys())]
    return documents, problems


def _contradictions(summary: Mapping[str, Any], document: Mapping[str, Any]) -> list[str]:
    total = sum((Decimal(line["line_amount"]) for line in document["lines"]), Decimal(0))
    same = [
        (summary["total"], document["total"]),
        (summary["line_count"], len(document["lines"])),
        (Decimal(document["total"]["amount"]), total),
        (document["total"]["currency"], CURRENCY),
    ]
    return [
        f"order {document['order_number']} contradicts itself: {one} and {other}"
        for one, other in same
        if one != other
    ]


async def analytics_side(wholesaler: Wholesaler, documents: Documents, expected: Tally) -> Side:
    """Analytics' figures, once they have arrived at the expected total or will not in time."""
    side = Side("analytics", {level: {} for level in LEVELS})

    async def arrived() -> bool:
        nonlocal side
        side = await _read_analytics(wholesaler.staff, documents)
        return side.total == expected

    try:
        await until(arrived, seconds=PATIENCE / 3, what="the figures to arrive")
    except TimeoutError:
        return side  # what is missing is told order by order
    return side


async def _read_analytics(staff: Lasting, documents: Documents) -> Side:
    tallies: dict[str, dict[str, Tally]] = {}
    for level, by in ((ORDER, "order"), (CUSTOMER, "account"), (PRODUCT, "product")):
        found: dict[str, Tally] = defaultdict(Tally)
        for row in await every_item(staff, "/admin/v1/analytics/turnover", by=by):
            found[_key(level, row, documents)] += _tally(row)
        tallies[level] = found
    return Side("analytics", tallies)


def _key(level: str, row: Mapping[str, Any], documents: Documents) -> str:
    label = str(row["label"])
    if level == ORDER and label in documents:
        return str(documents[label]["customer_reference"])
    return label


def _tally(row: Mapping[str, Any]) -> Tally:
    units = {entry["unit"]: Decimal(entry["quantity"]) for entry in row["quantities"]}
    if set(units) != {UNIT} or row["turnover"]["currency"] != CURRENCY:
        raise ValueError(f"analytics counts something else: {row}")
    return Tally(row["orders"], row["lines"], units[UNIT], Decimal(row["turnover"]["amount"]))


def facts_sent(bookings: Sequence[Booking]) -> dict[str, Facts]:
    """What the ERP answered last, by the source's number."""
    return {booking.order["customer_reference"]: newest(booking.order) for booking in bookings}


def facts_shown(documents: Documents) -> dict[str, Facts]:
    """What users read of it, by the source's number."""
    return {document["customer_reference"]: shown(document) for document in documents.values()}


def number_differences(documents: Documents, numbers: Mapping[str, str]) -> list[str]:
    """Orders whose user does not read the number that the ERP's books have, and no other."""
    return [
        f"order {number}: the ERP's number is {numbers.get(number)}, shown {document['erp_order_numbers']}"
        for number, document in documents.items()
        if document["erp_order_numbers"] != [numbers.get(number)]
    ]


async def wait_for_answers(wholesaler: Wholesaler) -> dict[str, int]:
    """The exports by state, once none is open any more."""
    counts: dict[str, int] = {}

    async def closed() -> bool:
        counts.clear()
        for export in await every_item(wholesaler.machine, "/integration/v1/order-exports"):
            counts[export["state"]] = counts.get(export["state"], 0) + 1
        return set(counts) <= {"ACKNOWLEDGED", "CONFLICT", "REJECTED", "DEAD"}

    await until(closed, seconds=PATIENCE, what="every export to be closed")
    return counts
