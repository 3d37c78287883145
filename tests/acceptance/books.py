"""The books of the ERP: a file that outlives its workers, shared by all of them."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS booking (
        number INTEGER PRIMARY KEY, order_number TEXT NOT NULL, document TEXT NOT NULL,
        deliveries INTEGER NOT NULL DEFAULT 1, acknowledged INTEGER NOT NULL DEFAULT 0,
        answered INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX IF NOT EXISTS booking_order_number ON booking (order_number)
    """


@dataclass(frozen=True)
class Booking:
    """An order as booked. `deliveries`: how often it was handed over."""

    number: int
    order: dict[str, Any]
    deliveries: int

    @property
    def erp_number(self) -> str:
        """The ERP's number of the order."""
        return f"ERP-{self.number:06d}"


class Books:
    """Every booking is durable when `book` returns. Without `deduplicates` the ERP books what it is told."""

    def __init__(self, path: Path, *, deduplicates: bool = True) -> None:
        self._path = path
        self._deduplicates = deduplicates
        with self._writing() as connection:
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)

    def book(self, order: dict[str, Any]) -> str:
        """Books an order and returns the ERP's number; one that is there already keeps its number."""
        order_number = order["order_number"]
        with self._writing() as connection:
            known = (
                self._deduplicates
                and connection.execute(
                    "SELECT number FROM booking WHERE order_number = ?", (order_number,)
                ).fetchone()
            )
            if known:
                connection.execute(
                    "UPDATE booking SET deliveries = deliveries + 1 WHERE number = ?", (known[0],)
                )
                return Booking(known[0], order, 0).erp_number
            row = connection.execute(
                "INSERT INTO booking (order_number, document) VALUES (?, ?)",
                (order_number, json.dumps(order)),
            )
            assert row.lastrowid is not None
            return Booking(row.lastrowid, order, 1).erp_number

    def unanswered(self, limit: int = 20) -> list[Booking]:
        """Bookings that were acknowledged and not answered yet."""
        # An answer would acknowledge by itself: an order of a dead worker must be offered again instead.
        return self._read("WHERE acknowledged = 1 AND answered = 0 ORDER BY number LIMIT ?", limit)

    def acknowledged(self, erp_number: str) -> None:
        """Notes that the platform knows of a booking."""
        with self._writing() as connection:
            number = int(erp_number.rpartition("-")[2])
            connection.execute("UPDATE booking SET acknowledged = 1 WHERE number = ?", (number,))

    def answered(self, booking: Booking) -> None:
        """Notes that the answers of a booking were sent."""
        with self._writing() as connection:
            connection.execute("UPDATE booking SET answered = 1 WHERE number = ?", (booking.number,))

    def all(self) -> list[Booking]:
        """Every booking."""
        return self._read("ORDER BY number")

    def counts(self) -> tuple[int, int]:
        """How many bookings there are, and how many of them are answered."""
        with self._writing() as connection:
            booked, answered = connection.execute("SELECT count(*), sum(answered) FROM booking").fetchone()
        return booked, answered or 0

    def _read(self, condition: str, *values: int) -> list[Booking]:
        with self._writing() as connection:
            found = connection.execute(
                f"SELECT number, document, deliveries FROM booking {condition}", values
            )
            return [Booking(number, json.loads(document), times) for number, document, times in found]

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        # Taken at once, so that two workers never look at the same moment and both book.
        with closing(sqlite3.connect(self._path, timeout=60, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
