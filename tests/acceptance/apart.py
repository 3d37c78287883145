"""What the source has on the replayed days and nobody ordered: charges, credits, unknown customers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tests.acceptance.manners import Play
from tests.acceptance.trade import Document, Entry, Trade


@dataclass(frozen=True, slots=True)
class Amount:
    """Lines under a name, with their unrounded sum."""

    name: str
    lines: int
    exact: Decimal


def apart_of(trade: Trade, days: Sequence[date], plays: Sequence[Play]) -> tuple[list[Amount], list[str]]:
    """Everything of these days that is in no played order, and a difference if the days do not add up."""
    kinds = {article.sku: article.kind for article in trade.articles}
    documents = [document for document in trade.documents if document.day in set(days)]
    orders = [document for document in documents if document.is_order]
    known = [order for order in orders if order.customer]
    beside = [entry for order in known for entry in order.apart]
    found = [
        *_by_kind(beside, kinds),
        _amount("lines of known customers that take something back", _came_back(beside, kinds)),
        _amount("orders without a known customer", _all(order for order in orders if not order.customer)),
        _amount("credit notes and adjustments", _all(other for other in documents if not other.is_order)),
        _amount("one product and quantity at two prices", [line for play in plays for line in play.left_out]),
    ]
    played = sum((play.document.exact for play in plays), Decimal(0))
    total = sum((entry.exact for entry in _all(documents)), Decimal(0))
    accounted = played + sum((amount.exact for amount in found), Decimal(0))
    differences = [] if accounted == total else [f"the days sum up to {total}, accounted for {accounted}"]
    return found, differences


def rounding(plays: Iterable[Play]) -> Decimal:
    """By how much rounding each line once moved the sum."""
    return sum((play.document.total - play.document.exact for play in plays), Decimal(0))


def _by_kind(entries: Sequence[Entry], kinds: dict[str, str]) -> list[Amount]:
    others = sorted({kind for kind in kinds.values() if not kind.startswith("product")})
    return [
        _amount(f"{kind}s to known customers", [entry for entry in entries if kinds[entry.sku] == kind])
        for kind in others
    ]


def _came_back(entries: Sequence[Entry], kinds: dict[str, str]) -> list[Entry]:
    return [entry for entry in entries if kinds[entry.sku].startswith("product")]


def _all(documents: Iterable[Document]) -> list[Entry]:
    return [entry for document in documents for entry in (*document.lines, *document.apart)]


def _amount(name: str, entries: Sequence[Entry]) -> Amount:
    return Amount(name, len(entries), sum((entry.exact for entry in entries), Decimal(0)))
