"""Whether the data was read right: its documents add up to the sums that the source itself states."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from tests.acceptance.trade import Document, Entry, Trade, find, rows


@dataclass
class _Sum:
    lines: int = 0
    units: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)
    invoices: set[str] = field(default_factory=set)

    def add(self, document: Document, entry: Entry) -> None:
        self.lines += 1
        self.units += entry.quantity
        self.amount += entry.exact
        self.invoices.add(document.invoice)

    def value(self, name: str) -> Decimal:
        """By the column's name in the source."""
        found = {
            "lines": Decimal(self.lines),
            "units": self.units,
            "amount_exact": self.amount,
            "invoices": Decimal(len(self.invoices)),
        }
        return found[name]


_COLUMNS = {
    "expected_orders": ("lines", "units", "amount_exact"),
    "expected_customer_month": ("invoices", "lines", "amount_exact"),
    "expected_product": ("lines", "units", "amount_exact"),
}


def compare(trade: Trade) -> tuple[dict[str, int], list[str]]:
    """Sums compared per file that is there, and every one that is not as the source says."""
    found: dict[str, dict[tuple[str, ...], _Sum]] = {name: defaultdict(_Sum) for name in _COLUMNS}
    for document in trade.documents:
        for entry in (*document.lines, *document.apart):
            month = entry.moment.strftime("%Y-%m")
            found["expected_orders"][(document.invoice,)].add(document, entry)
            found["expected_customer_month"][document.named_customer, month].add(document, entry)
            found["expected_product"][(entry.sku,)].add(document, entry)
    compared, differences = {}, []
    for name, sums in found.items():
        if find(trade.folder, name) is not None:
            compared[name] = len(sums)
            differences += list(_differences(trade, name, sums))
    return compared, differences


def _differences(trade: Trade, name: str, sums: dict[tuple[str, ...], _Sum]) -> Iterator[str]:
    keys = {
        "expected_orders": ("invoice",),
        "expected_customer_month": ("customer_id", "month"),
        "expected_product": ("stock_code",),
    }[name]
    missing = set(sums)
    for row in rows(trade.folder, name):
        key = tuple(row[column] for column in keys)
        missing.discard(key)
        mine = sums.get(key, _Sum())
        for column in _COLUMNS[name]:
            if Decimal(row[column]) != mine.value(column):
                yield f"{name} {' '.join(key)}: {column} {row[column]}, read as {mine.value(column)}"
    yield from (f"{name} does not have {' '.join(key)}" for key in sorted(missing))
