"""The ledger of an ERP: what it has booked, on disk, so that it outlives the process that wrote it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

_TABLE = (
    "CREATE TABLE IF NOT EXISTS booking"
    " (id INTEGER PRIMARY KEY AUTOINCREMENT, order_number TEXT NOT NULL, amount TEXT NOT NULL)"
)


@dataclass(frozen=True)
class Booked:
    """One booking: an order that was booked twice has two."""

    order_number: str
    erp_number: str
    amount: Decimal


class Ledger:
    """Books whatever it is told to: nothing here prevents a second booking of the same order."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._open() as connection:
            connection.execute(_TABLE)

    def book(self, order_number: str, amount: str) -> str:
        """Books an order; returns the ERP's number of this booking."""
        with self._open() as connection:
            statement = "INSERT INTO booking (order_number, amount) VALUES (?, ?)"
            return _number(connection.execute(statement, (order_number, amount)).lastrowid)

    def find(self, order_number: str) -> str | None:
        """The ERP's number of an order, None when it is not booked."""
        with self._open() as connection:
            statement = "SELECT min(id) FROM booking WHERE order_number = ?"
            (found,) = connection.execute(statement, (order_number,)).fetchone()
        return None if found is None else _number(found)

    def bookings(self) -> list[Booked]:
        """All bookings, in their order."""
        with self._open() as connection:
            rows = connection.execute("SELECT id, order_number, amount FROM booking ORDER BY id").fetchall()
        return [Booked(number, _number(row), Decimal(amount)) for row, number, amount in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.path, timeout=30)
        try:
            with connection:
                yield connection
        finally:
            connection.close()


def amount_of(order: dict[str, object]) -> str:
    """What the lines of an order document add up to."""
    lines = order["lines"]
    assert isinstance(lines, list)
    return str(sum((Decimal(line["line_amount"]) for line in lines), Decimal(0)))


def _number(row: int | None) -> str:
    return f"ERP-{row:06d}"
