"""How each order of a day is played: pure, and the same in every run of one seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from itertools import cycle
from typing import Final

from local_stack.quickstart import CustomerPrice
from tests.acceptance.trade import Document, Entry, PriceList


class Manner(StrEnum):
    """What happens around an order. The last four change prices, so they have the customer to themselves."""

    LINES = "lines of its own"
    CART = "through a cart"
    ACCEPT_LOWER = "price fell after the cart, accept_lower"
    ACCEPT = "price rose after the cart, accept"
    REORDER = "price changed after the cart, ordered again"
    AGREED = "price agreed for this order"

    @property
    def changes_prices(self) -> bool:
        """Whether the ERP changes the customer's prices around the order."""
        return self not in (Manner.LINES, Manner.CART)


_MIX: Final = (
    *(Manner.LINES, Manner.CART, Manner.ACCEPT_LOWER, Manner.LINES, Manner.CART, Manner.ACCEPT),
    *(Manner.LINES, Manner.CART, Manner.REORDER, Manner.LINES, Manner.LINES, Manner.CART),
)


@dataclass(frozen=True)
class Play:
    """An order and how it is played. `left_out` are lines that no price list can say beside the others."""

    document: Document
    manner: Manner
    left_out: tuple[Entry, ...] = ()

    @property
    def key(self) -> str:
        """Its idempotency key."""
        return f"acceptance-{self.document.invoice}"


@dataclass(frozen=True, slots=True)
class PriceMove:
    """A price of a customer as it is to be: None takes it away."""

    customer: str
    sku: str
    min_quantity: Decimal
    price: Decimal | None


def plays_of(orders: Sequence[Document], prices: PriceList, seed: int) -> list[Play]:
    """A play for each order; what was not paid at the list price is agreed for that order."""
    shuffled = list(orders)
    random.Random(f"{seed}").shuffle(shuffled)
    mix = cycle(_MIX)
    plays = []
    for order in shuffled:
        document, left_out = _sayable(order, prices)
        if not document.lines:
            continue
        if any(not _is_listed(document, line, prices) for line in document.lines):
            manner = Manner.AGREED
        else:
            manner = next(mix)
            if manner.changes_prices and all(line.price == 0 for line in document.lines):
                manner = Manner.LINES
        plays.append(Play(document, manner, left_out))
    return plays


def agreed(document: Document, prices: PriceList) -> tuple[list[PriceMove], list[PriceMove]]:
    """The price moves that make an order's own prices count, and those that take them back."""
    customer = document.customer
    special = {line.sku for line in document.lines if not _is_listed(document, line, prices)}
    paid = {(line.sku, line.quantity): line.price for line in document.lines if line.sku in special}
    before, after = [], []
    for (sku, quantity), price in paid.items():
        listed = prices.rungs(customer, sku).get(quantity)
        before.append(PriceMove(customer, sku, quantity, price))
        after.append(PriceMove(customer, sku, quantity, None if listed is None else listed.price))
    return before, after


def moved(document: Document, prices: PriceList, manner: Manner) -> tuple[PriceMove, PriceMove]:
    """A wrong price for the first line that costs something, and the right one."""
    line = next(line for line in document.lines if line.price > 0)
    rung = _rung(document, line, prices)
    wrong = rung.price / 2 if manner is Manner.ACCEPT else rung.price + 1
    wrong = wrong.quantize(Decimal("0.000001"))
    where = (document.customer, line.sku, rung.min_quantity)
    return PriceMove(*where, wrong), PriceMove(*where, rung.price)


def _rung(document: Document, line: Entry, prices: PriceList) -> CustomerPrice:
    rung = prices.rung(document.customer, line.sku, line.quantity)
    assert rung is not None, "an order at list prices has a price for each line"
    return rung


def _is_listed(document: Document, line: Entry, prices: PriceList) -> bool:
    rung = prices.rung(document.customer, line.sku, line.quantity)
    return rung is not None and rung.price == line.price


def _sayable(order: Document, prices: PriceList) -> tuple[Document, tuple[Entry, ...]]:
    """The order without lines that differ from another one in nothing but the price."""
    said: dict[tuple[str, Decimal], Decimal] = {}
    for line in sorted(order.lines, key=lambda line: not _is_listed(order, line, prices)):
        said.setdefault((line.sku, line.quantity), line.price)
    kept = tuple(line for line in order.lines if said[line.sku, line.quantity] == line.price)
    left = tuple(line for line in order.lines if said[line.sku, line.quantity] != line.price)
    return replace(order, lines=kept), left
