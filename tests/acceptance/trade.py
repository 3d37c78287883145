"""A wholesaler's trade as a data directory tells it: feeds, documents, and what was really paid."""

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeVar

from local_stack.quickstart import Customer, CustomerPrice, Line

REQUIRED: Final = {
    "erp_products": {"stock_code", "kind", "description"},
    "erp_customers": {"customer_id", "country"},
    "erp_customer_prices": {
        "customer_id",
        "stock_code",
        "valid_from",
        "valid_to",
        "min_quantity",
        "unit_price",
    },
    "transactions": {
        "invoice",
        "line_no",
        "stock_code",
        "quantity",
        "invoice_date",
        "unit_price",
        "customer_id",
    },
}
OPTIONAL: Final = {
    "price_exceptions": {"invoice", "line_no"},
    "expected_orders": {"invoice", "lines", "units", "amount_exact"},
    "expected_customer_month": {"customer_id", "month", "invoices", "lines", "amount_exact"},
    "expected_product": {"stock_code", "lines", "units", "amount_exact"},
}

_Read = TypeVar("_Read")


class WrongShapeError(Exception):
    """The directory does not hold a trade of the expected shape."""


@dataclass(frozen=True, slots=True)
class Article:
    """A code of the source; only kinds that begin with `product` are for sale."""

    sku: str
    kind: str
    description: str

    @property
    def is_product(self) -> bool:
        """Whether it is fed as a product; charges and vouchers are not."""
        return self.kind.startswith("product")


@dataclass(frozen=True, slots=True)
class Entry(Line):
    """A line of a source document. `place` is (invoice, line number), `moment` the source's local time."""

    place: tuple[str, str]
    moment: datetime


@dataclass(frozen=True, slots=True)
class Document:
    """A source document: what was sold, and apart from that charges, vouchers and what came back.

    `customer` is empty when the source names none, or one that it does not feed.
    """

    invoice: str
    named_customer: str
    customer: str
    day: date
    lines: tuple[Entry, ...]
    apart: tuple[Entry, ...]

    @property
    def is_order(self) -> bool:
        """Credit notes (C…) and adjustments (A…) are no orders."""
        return self.invoice[0] not in "CA"

    @property
    def is_playable(self) -> bool:
        """Whether a known customer bought products in it."""
        return self.is_order and self.customer != "" and bool(self.lines)

    @property
    def total(self) -> Decimal:
        """The sum of the rounded lines: what the platform must arrive at."""
        return sum((line.amount for line in self.lines), Decimal("0.00"))

    @property
    def exact(self) -> Decimal:
        """The unrounded sum of the lines."""
        return sum((line.exact for line in self.lines), Decimal(0))


class PriceList:
    """The customer prices that count on one day, as ladders of minimum quantities."""

    def __init__(self, prices: Sequence[CustomerPrice]) -> None:
        ladders: dict[tuple[str, str], dict[Decimal, CustomerPrice]] = defaultdict(dict)
        for price in prices:
            rungs = ladders[price.customer, price.sku]
            present = rungs.get(price.min_quantity)
            if present is None or present.valid_from < price.valid_from:
                rungs[price.min_quantity] = price
        self._ladders = ladders

    @property
    def rows(self) -> list[CustomerPrice]:
        """Every price, one per customer, product and minimum quantity."""
        return [price for rungs in self._ladders.values() for price in rungs.values()]

    def rungs(self, customer: str, sku: str) -> Mapping[Decimal, CustomerPrice]:
        """A customer's prices of a product by minimum quantity."""
        return self._ladders.get((customer, sku), {})

    def rung(self, customer: str, sku: str, quantity: Decimal) -> CustomerPrice | None:
        """The price with the highest minimum not above the quantity."""
        rungs = self.rungs(customer, sku)
        reached = [minimum for minimum in rungs if minimum <= quantity]
        return rungs[max(reached)] if reached else None


@dataclass(frozen=True)
class Trade:
    """All of it. `exceptions` are the places where the source itself did not keep to its price list."""

    folder: Path
    customers: tuple[Customer, ...]
    articles: tuple[Article, ...]
    prices: tuple[CustomerPrice, ...]
    documents: tuple[Document, ...]
    exceptions: frozenset[tuple[str, str]]

    @classmethod
    def read(cls, folder: Path) -> "Trade":
        """Reads a directory. Raises WrongShapeError, which says what is wrong with it."""
        if not folder.is_dir():
            raise WrongShapeError(f"There is no directory {folder}.")
        for name in REQUIRED:
            if find(folder, name) is None:
                raise WrongShapeError(f"{folder} has no {name}.csv.gz (or {name}.csv).")
        articles = tuple(
            Article(row["stock_code"], row["kind"], row["description"])
            for row in rows(folder, "erp_products")
        )
        _require_unique("erp_products", [article.sku for article in articles])
        customers = tuple(
            Customer(row["customer_id"], row["country"]) for row in rows(folder, "erp_customers")
        )
        _require_unique("erp_customers", [customer.number for customer in customers])
        for_sale = {article.sku: article.is_product for article in articles}
        known = {customer.number for customer in customers}
        return cls(
            folder,
            customers,
            articles,
            tuple(_each(folder, "erp_customer_prices", _price)),
            tuple(_documents(folder, for_sale, known)),
            frozenset((row["invoice"], row["line_no"]) for row in rows(folder, "price_exceptions")),
        )

    @property
    def products(self) -> list[Article]:
        """What is for sale."""
        return [article for article in self.articles if article.is_product]

    @property
    def product_prices(self) -> list[CustomerPrice]:
        """The customer prices of what is for sale."""
        skus = {article.sku for article in self.products}
        return [price for price in self.prices if price.sku in skus]

    def price_list(self, day: date) -> PriceList:
        """The prices that count on a day."""
        return PriceList([price for price in self.product_prices if price.valid_on(day)])

    def busiest_days(self, count: int) -> list[date]:
        """The days with the most orders of known customers, in their order."""
        orders: Counter[date] = Counter()
        lines: Counter[date] = Counter()
        for document in self.documents:
            if document.is_playable:
                orders[document.day] += 1
                lines[document.day] += len(document.lines)
        ranked = sorted(orders, key=lambda day: (-orders[day], -lines[day], day))
        return sorted(ranked[:count])

    def orders_of(self, day: date) -> list[Document]:
        """The orders of known customers on a day."""
        return [document for document in self.documents if document.is_playable and document.day == day]


def find(folder: Path, name: str) -> Path | None:
    """The file of that name, gzipped or plain."""
    candidates = (folder / f"{name}.csv.gz", folder / f"{name}.csv")
    return next((path for path in candidates if path.is_file()), None)


def rows(folder: Path, name: str) -> Iterator[dict[str, str]]:
    """The rows of a CSV file; none when an optional file is missing. Raises WrongShapeError."""
    path = find(folder, name)
    if path is None:
        return
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as text:
        try:
            reader = csv.DictReader(text, strict=True)
            missing = (REQUIRED | OPTIONAL)[name] - set(reader.fieldnames or ())
            if missing:
                raise WrongShapeError(f"{path.name} has no column {', '.join(sorted(missing))}.")
            yield from reader
        except (OSError, EOFError, UnicodeDecodeError, csv.Error) as broken:
            raise WrongShapeError(f"{path.name} cannot be read: {broken}.") from broken


def _each(folder: Path, name: str, read: Callable[[dict[str, str]], _Read]) -> Iterator[_Read]:
    for number, row in enumerate(rows(folder, name), 2):
        try:
            yield read(row)
        except (ValueError, ArithmeticError, TypeError) as wrong:
            raise WrongShapeError(f"{name}, line {number}: {wrong!r}.") from wrong


def _require_unique(name: str, keys: Sequence[str]) -> None:
    twice = [key for key, count in Counter(keys).items() if count > 1]
    if twice:
        raise WrongShapeError(f"{name} names {twice[0]!r} twice.")


def _price(row: dict[str, str]) -> CustomerPrice:
    return CustomerPrice(
        customer=row["customer_id"],
        sku=row["stock_code"],
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        min_quantity=Decimal(row["min_quantity"]),
        price=Decimal(row["unit_price"]),
    )


def _line(row: dict[str, str]) -> tuple[str, str, Entry]:
    entry = Entry(
        sku=row["stock_code"],
        quantity=Decimal(row["quantity"]),
        price=Decimal(row["unit_price"]),
        place=(row["invoice"], row["line_no"]),
        moment=datetime.fromisoformat(row["invoice_date"]),
    )
    return row["invoice"], row["customer_id"], entry


def _documents(folder: Path, for_sale: Mapping[str, bool], known: set[str]) -> Iterator[Document]:
    entries: dict[str, list[Entry]] = defaultdict(list)
    customers: dict[str, str] = {}
    for invoice, customer, entry in _each(folder, "transactions", _line):
        if entry.sku not in for_sale:
            raise WrongShapeError(f"transactions sells {entry.sku!r}, which erp_products does not have.")
        if customers.setdefault(invoice, customer) != customer:
            raise WrongShapeError(f"transactions has document {invoice} of two customers.")
        entries[invoice].append(entry)
    for invoice, found in entries.items():
        customer = customers[invoice] if customers[invoice] in known else ""
        sold = [for_sale[entry.sku] and entry.quantity > 0 for entry in found]
        yield Document(
            invoice,
            customers[invoice],
            customer,
            found[0].moment.date(),
            tuple(entry for entry, is_sold in zip(found, sold, strict=True) if is_sold),
            tuple(entry for entry, is_sold in zip(found, sold, strict=True) if not is_sold),
        )
