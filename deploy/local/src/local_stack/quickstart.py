"""The quickstart data: real customers, products, prices and orders of May 2011, read from CSV."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Final

CURRENCY: Final = "GBP"
UNIT: Final = "PCE"
CENT: Final = Decimal("0.01")


@dataclass(frozen=True)
class Customer:
    """A customer of the wholesaler."""

    number: str
    country: str


@dataclass(frozen=True)
class Product:
    """An article; charges (postage, discounts) are not for sale."""

    sku: str
    description: str
    is_charge: bool


@dataclass(frozen=True)
class CustomerPrice:
    """What a customer pays per piece from a quantity on; `valid_to` is the last day, None for open."""

    customer: str
    sku: str
    valid_from: date
    valid_to: date | None
    min_quantity: Decimal
    price: Decimal

    def valid_on(self, day: date) -> bool:
        """Whether the price counts on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class Line:
    """A line of a source document."""

    sku: str
    quantity: Decimal
    price: Decimal

    @property
    def exact(self) -> Decimal:
        """Quantity × price, unrounded."""
        return self.quantity * self.price

    @property
    def amount(self) -> Decimal:
        """The line amount, rounded half-up to the cent."""
        return self.exact.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Document:
    """An order of the source: its product lines, and apart from them its charges."""

    invoice: str
    customer: str
    day: date
    lines: tuple[Line, ...]
    charges: tuple[Line, ...]

    @property
    def total(self) -> Decimal:
        """The sum of the rounded product lines: what the platform must arrive at."""
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def exact(self) -> Decimal:
        """The unrounded sum of the product lines."""
        return sum((line.exact for line in self.lines), Decimal(0))

    @property
    def charged(self) -> Decimal:
        """The unrounded sum of the charges."""
        return sum((line.exact for line in self.charges), Decimal(0))


@dataclass(frozen=True)
class Quickstart:
    """Everything of the set, credit notes left out; `expected` has the source's own sums."""

    customers: tuple[Customer, ...]
    products: tuple[Product, ...]
    prices: tuple[CustomerPrice, ...]
    orders: tuple[Document, ...]
    expected: tuple[dict[str, str], ...]

    @classmethod
    def read(cls, folder: Path) -> "Quickstart":
        """Reads the CSV files of a folder of this shape."""
        products = tuple(
            Product(row["stock_code"], row["description"], row["kind"] != "product")
            for row in _rows(folder / "products.csv")
        )
        charges = {product.sku for product in products if product.is_charge}
        return cls(
            customers=tuple(
                Customer(row["customer_id"], row["country"]) for row in _rows(folder / "customers.csv")
            ),
            products=products,
            prices=tuple(_price(row) for row in _rows(folder / "customer_prices.csv")),
            orders=tuple(_orders(folder / "order_lines.csv", charges)),
            expected=tuple(_rows(folder / "expected_orders.csv")),
        )

    @property
    def days(self) -> list[date]:
        """Days with orders, in order."""
        return sorted({order.day for order in self.orders})

    def orders_of(self, day: date) -> list[Document]:
        """The orders of a day that have product lines."""
        return [order for order in self.orders if order.day == day and order.lines]

    def prices_on(self, day: date) -> list[CustomerPrice]:
        """The price list of a day; charges have none."""
        for_sale = {product.sku for product in self.products if not product.is_charge}
        return [price for price in self.prices if price.valid_on(day) and price.sku in for_sale]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _price(row: dict[str, str]) -> CustomerPrice:
    return CustomerPrice(
        customer=row["customer_id"],
        sku=row["stock_code"],
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        min_quantity=Decimal(row["min_quantity"]),
        price=Decimal(row["unit_price"]),
    )


def _orders(path: Path, charges: set[str]) -> Iterator[Document]:
    lines: dict[tuple[str, str, date], list[Line]] = defaultdict(list)
    for row in _rows(path):
        if not row["invoice"].startswith("C"):
            day = date.fromisoformat(row["invoice_date"][:10])
            line = Line(row["stock_code"], Decimal(row["quantity"]), Decimal(row["unit_price"]))
            lines[row["invoice"], row["customer_id"], day].append(line)
    for (invoice, customer, day), found in sorted(lines.items()):
        yield Document(
            invoice,
            customer,
            day,
            tuple(line for line in found if line.sku not in charges),
            tuple(line for line in found if line.sku in charges),
        )
