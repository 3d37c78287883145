"""An ERP's worker: claims orders, books them in its ledger, acknowledges.

It trusts the platform: an order that is not marked as a redelivery is booked without a look into the ledger.
"""

import asyncio
from typing import Any

import httpx

from local_stack.client import Caller, Platform, Refused
from tests.faults.support.ledger import Ledger, amount_of

LEASE_SECONDS = 10
POLL_SECONDS = 0.2


class Puller:
    """Works for ever; what goes wrong is tried again."""

    def __init__(self, platform: Platform, ledger: Ledger, connector: str, client: str, secret: str) -> None:
        self._platform = platform
        self._ledger = ledger
        self._connector = connector
        self._client = client
        self._secret = secret
        self._caller: Caller | None = None

    async def run(self) -> None:
        """Round after round."""
        while True:
            try:
                for export in await self.claim():
                    await self.acknowledge(export, await self.book(export))
            except (Refused, httpx.HTTPError) as error:
                print(f"tried again: {error!r}")  # noqa: T201 - the process's log
                self._caller = None
            await asyncio.sleep(POLL_SECONDS)

    async def claim(self) -> list[dict[str, Any]]:
        """What is due."""
        if self._caller is None:
            self._caller = await self._platform.machine(self._client, self._secret)
        body = {"connector": self._connector, "max": 5, "lease_seconds": LEASE_SECONDS}
        items: list[dict[str, Any]] = (await self._caller.post("/integration/v1/order-exports/claim", body))[
            "items"
        ]
        return items

    async def book(self, export: dict[str, Any]) -> str:
        """The number of an order in the ERP; looked up only if it may have been booked before."""
        order = export["order"]
        known = self._ledger.find(order["order_number"]) if export["redelivery"] else None
        return known or self._ledger.book(order["order_number"], amount_of(order))

    async def acknowledge(self, export: dict[str, Any], number: str) -> None:
        """Tells the platform the ERP's number."""
        assert self._caller is not None
        body = {"fence": export["fence"], "erp_order_number": number}
        await self._caller.post(f"/integration/v1/order-exports/{export['export_id']}/acknowledge", body)
