"""With a protection taken out, the search for canaries finds them: so it would have found any."""

from collections.abc import AsyncIterator
from typing import Final

import pytest

from tests.isolation.test_canaries import Finding, blind_spots, leaks
from tests.isolation.two_customers import Trade
from tests.support.system import System

_FLAWS: Final = {
    "the predicate of the assortment": (
        "catalog-api",
        "import catalog.audiences.predicate as place\n"
        "place.visible = lambda statement, audience, alias='l': f'{alias}.sellable'",
    ),
    "the scope of orders": (
        "order_export-api",
        "import order_export.orders.repository as place\n"
        "place._scoped = lambda scope: place.select(*place._ORDER)",
    ),
}


async def _something_seen(findings: AsyncIterator[Finding]) -> bool:
    async for finding in findings:
        if finding.seen:
            return True
    return False


@pytest.mark.parametrize("flaw", _FLAWS)
async def test_without_it_somebody_elses_canaries_are_found(system: System, trade: Trade, flaw: str) -> None:
    async with system.flawed(*_FLAWS[flaw]):
        assert await _something_seen(leaks(trade))


async def test_without_it_amounts_are_shown_to_who_may_not_see_them(system: System, trade: Trade) -> None:
    flaw = "import pricing.prices.routes as place\nplace._sees_prices = lambda principal, *, evidence: True"
    async with system.flawed("pricing-api", flaw):
        assert await _something_seen(blind_spots(trade))
