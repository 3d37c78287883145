"""A worker of the ERP, as a process of its own: claims, books, acknowledges, answers; at times it dies."""

import argparse
import asyncio
import os
import signal
from pathlib import Path
from typing import Any, Final

from local_stack.client import Platform
from tests.acceptance import answers
from tests.acceptance.books import Books
from tests.acceptance.callers import Lasting, lasting_machine

SECRET_VARIABLE: Final = "ACCEPTANCE_ERP_SECRET"
LEASE_SECONDS: Final = 10  # the shortest; orders of the dead are offered again after it
_CLAIMED_AT_ONCE: Final = 10
_ANSWERS_AT_ONCE: Final = 1000


class Worker:
    """Works until it is told to stop, or dies when it has booked `dies_at` orders (0: never)."""

    def __init__(self, caller: Lasting, books: Books, dies_at: int) -> None:
        self._caller = caller
        self._books = books
        self._dies_at = dies_at
        self._booked = 0
        self.stopping = False

    async def run(self) -> None:
        """One round after the other."""
        while not self.stopping:
            worked = await self._pull()
            worked += await self._answer()
            if not worked:
                await asyncio.sleep(0.2)

    async def _pull(self) -> int:
        claim = {"connector": "erp", "max": _CLAIMED_AT_ONCE, "lease_seconds": LEASE_SECONDS}
        claimed = await self._caller.post("/integration/v1/order-exports/claim", claim)
        for export in claimed["items"]:
            await self._take(export)
        return len(claimed["items"])

    async def _take(self, export: dict[str, Any]) -> None:
        erp_number = self._books.book(export["order"])
        self._booked += 1
        if self._booked == self._dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        await self._caller.post(
            f"/integration/v1/order-exports/{export['export_id']}/acknowledge",
            {"fence": export["fence"], "erp_order_number": erp_number},
        )
        self._books.acknowledged(erp_number)

    async def _answer(self) -> int:
        bookings = self._books.unanswered()
        for booking in bookings:
            rows = answers.rows(booking.order, booking.erp_number)
            for start in range(0, len(rows), _ANSWERS_AT_ONCE):
                body = {"items": rows[start : start + _ANSWERS_AT_ONCE]}
                answer = await self._caller.post("/integration/v1/order-responses", body)
                if answer["counts"].get("rejected"):
                    raise RuntimeError(f"answers were rejected: {answer}")
            self._books.answered(booking)
        return len(bookings)


async def main() -> None:
    """Runs a worker until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--gateway", required=True)
    parser.add_argument("--client", required=True)
    parser.add_argument("--books", required=True, type=Path)
    parser.add_argument("--dies-at", type=int, default=0)
    told = parser.parse_args()
    platform = Platform(told.gateway)
    caller = lasting_machine(platform, told.client, os.environ[SECRET_VARIABLE])
    worker = Worker(caller, Books(told.books), told.dies_at)

    def stop() -> None:
        worker.stopping = True

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
    await worker.run()
    await platform.close()


if __name__ == "__main__":
    asyncio.run(main())
