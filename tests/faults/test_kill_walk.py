"""kill -9 at each step of an order's way: nothing is lost, nothing booked twice, order per key is kept."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from local_stack.child import Child
from tests.faults.support.erps import PushedErp, pulling_erp, pushed_erp
from tests.faults.support.fates import Fates
from tests.faults.support.points import API, ERP_WORKER, STEPS, Step
from tests.faults.support.trade import Reckoning, Trade, reckon, settled
from tests.support.shop import open_shop
from tests.support.system import System

SEED: Final = 4
TIMES: Final = 1 if os.environ.get("KONTOR_FAULTS_SHORT") else 5


@dataclass(frozen=True)
class Market:
    """Two shops: the orders of one are pushed to its ERP, those of the other are pulled by it."""

    system: System
    fates: Fates
    pushed: Trade
    pulled: Trade
    erp: PushedErp
    puller: Child

    async def walk(self, steps: Sequence[Step], chance: random.Random, times: int) -> None:
        """Lets the processes die at each of their steps, one beside the other, while orders are placed."""
        try:
            async with self.pushed.going_on(), self.pulled.going_on(), asyncio.TaskGroup() as group:
                for process in sorted({step.process for step in steps}):
                    own = [step for step in steps if step.process == process]
                    group.create_task(self._deaths(own, chance, times))
        finally:
            # A walk that failed leaves nobody dead behind.
            children = self.system.children
            await self.system.start_again(*(name for name in children if not children[name].alive))

    async def _deaths(self, steps: Sequence[Step], chance: random.Random, times: int) -> None:
        for step in steps:
            for _ in range(times):
                child = self.puller if step.process == ERP_WORKER else self.system.children[step.process]
                # Without the API nobody orders: between two deaths it takes some orders for the others.
                strike = chance.randint(4, 8) if step.process == API else chance.randint(1, 2)
                await self.fates.death(child, step, strike)
                if step.process == ERP_WORKER:
                    child.start()
                else:
                    await self.system.start_again(step.process)

    async def reckoned(self) -> tuple[Reckoning, Reckoning]:
        """What became of the orders of both, once all of them have come to rest."""
        await settled(self.system, [self.pushed, self.pulled])
        return await reckon(self.system, self.pushed), await reckon(self.system, self.pulled)


@pytest.fixture
async def market(system: System, fates: Fates, tmp_path: Path) -> AsyncIterator[Market]:
    """New shops with new ERPs."""
    chance = random.Random(SEED)
    pushed, pulled = await open_shop(system), await open_shop(system)
    async with pushed_erp(tmp_path, "moody") as erp:
        await pushed.connect(**erp.settings(looks_up=True))
        await pulled.connect(protocol="pull", deduplicates_by_order_number=True, max_attempts=1000)
        puller, ledger = await pulling_erp(pulled, tmp_path, fates.dress)
        puller.start()
        try:
            yield Market(
                system,
                fates,
                Trade(pushed, erp.ledger, chance),
                Trade(pulled, ledger, chance),
                erp,
                puller,
            )
        finally:
            puller.kill()


async def test_deaths_at_every_step_lose_double_and_disorder_nothing(market: Market) -> None:
    before = market.fates.deaths()
    await market.walk(STEPS, random.Random(SEED), TIMES)
    died = market.fates.deaths() - before
    outcomes = await market.reckoned()
    _print(died, outcomes)
    assert {step.name: TIMES for step in STEPS} == dict(died)
    assert [(), ()] == [outcome.faults for outcome in outcomes]
    assert all(outcome.orders > TIMES for outcome in outcomes)


COUNTER_PROOFS: Final = {
    # Each protection, the process that does without it, and the step at which a death then shows.
    "mark_before_send": ("order_export-worker", "read, not sent"),
    "commit_before_apply": ("analytics-worker", "polled, not applied"),
    "forget_keys": ("order_export-api", "committed, not answered"),
    "send_again_unasked": ("order_export-worker", "booked, answer not stored"),
    "hide_redelivery": ("order_export-api", "booked by the ERP, not acknowledged"),
}


@pytest.mark.long
@pytest.mark.parametrize("mutation", COUNTER_PROOFS)
async def test_without_the_protection_the_same_death_loses_or_doubles(market: Market, mutation: str) -> None:
    process, name = COUNTER_PROOFS[mutation]
    [step] = [step for step in STEPS if step.name == name]
    async with market.fates.mutated(market.system, mutation, process):
        await market.walk([step], random.Random(SEED), 3)
        pushed, pulled = await market.reckoned()
    found = [*pushed.faults, *pulled.faults]
    print(f"\n{mutation}: {found[:6]}")  # noqa: T201 - what the protection prevents
    assert found


def _print(died: dict[str, int], outcomes: Sequence[Reckoning]) -> None:
    print(f"\nseed {SEED}")  # noqa: T201 - the table is what this proof is read for
    for step in STEPS:
        print(f"{step.process:20} {step.name:42} {died.get(step.name, 0):3} killed")  # noqa: T201
    for way, outcome in zip(("pushed", "pulled"), outcomes, strict=True):
        print(  # noqa: T201
            f"{way}: {outcome.orders} orders of {outcome.keys} keys, {len(outcome.lost)} lost,"
            f" {len(outcome.doubled)} doubled, {len(outcome.disordered)} out of order"
        )
