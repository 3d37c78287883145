"""An ERP that answers late, twice or not at all, and one that books and dies: each order is booked once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from signal import SIGCONT, SIGSTOP
from typing import Any, Final

import pytest

from local_stack.client import until
from local_stack.ports import free_port
from tests.faults.support.erp_server import FALSE_NUMBER
from tests.faults.support.erps import PushedErp, pulling_erp, pushed_erp
from tests.faults.support.fates import Fates
from tests.faults.support.ledger import Ledger
from tests.faults.support.points import ERP_WORKER, STEPS
from tests.faults.support.puller import LEASE_SECONDS
from tests.support.shop import Shop, open_shop
from tests.support.system import System

# Longer than any wait between two looks of the worker, and than a lease.
LONG_ENOUGH: Final = LEASE_SECONDS + 5
SENDING: Final = next(step for step in STEPS if step.name == "sending, no byte left")
BOOKED_NOT_TOLD: Final = next(step for step in STEPS if step.name == "booked by the ERP, not acknowledged")


@dataclass(frozen=True)
class Desk:
    """A shop, and the ledger of the ERP behind it."""

    shop: Shop
    ledger: Ledger

    async def order(self) -> dict[str, Any]:
        """Places an order; its receipt."""
        receipt: dict[str, Any] = await self.shop.order()
        return receipt

    def bookings(self, receipt: dict[str, Any]) -> list[str]:
        """The ERP's numbers of an order's bookings."""
        number = receipt["order_number"]
        return [one.erp_number for one in self.ledger.bookings() if one.order_number == number]

    async def export(self, receipt: dict[str, Any]) -> dict[str, Any]:
        """The order's export, with its evidence."""
        page = await self.shop.staff.get("/admin/v1/order-exports", order_id=receipt["id"])
        [item] = page["items"]
        found: dict[str, Any] = await self.shop.staff.get(f"/admin/v1/order-exports/{item['id']}")
        return found

    async def reaches(self, receipt: dict[str, Any], state: str) -> list[str]:
        """Waits until the export is in a state; the states it went through."""

        async def reached() -> bool:
            return str((await self.export(receipt))["state"]) == state

        await until(reached, seconds=90, what=f"the export to be {state}")
        return [step["state"] for step in (await self.export(receipt))["steps"]]

    async def numbers(self, receipt: dict[str, Any]) -> list[str]:
        """The ERP's numbers as the user sees them."""
        return list((await self.shop.user.get(f"/v1/orders/{receipt['id']}"))["erp_order_numbers"])

    async def decide(self, receipt: dict[str, Any], number: str) -> None:
        """A person has looked into the ERP, and says under which number it has the order."""
        path = f"/admin/v1/order-exports/{(await self.export(receipt))['id']}"
        seen = await self.shop.staff.send("GET", path)
        body = {"outcome": "acknowledged", "erp_order_number": number, "reason": "found in the ERP"}
        headers = {"If-Match": seen.headers["ETag"]}
        await self.shop.staff.post(f"{path}/decide", body, headers=headers)


@asynccontextmanager
async def _pushed(system: System, folder: Path, **settings: Any) -> AsyncIterator[tuple[Desk, PushedErp]]:
    shop = await open_shop(system)
    async with pushed_erp(folder, "books") as erp:
        await shop.connect(**erp.settings(**settings))
        yield Desk(shop, erp.ledger), erp


@pytest.fixture(scope="module")
async def pushed(
    system: System, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Desk, PushedErp]]:
    """A shop whose ERP is pushed to, and can be looked into."""
    async with _pushed(system, tmp_path_factory.mktemp("erp"), looks_up=True) as found:
        yield found


@pytest.mark.parametrize(
    "behaviour",
    [
        "late",
        "silent",
        pytest.param("later", marks=pytest.mark.long),
        pytest.param("books silently", marks=pytest.mark.long),
    ],
)
async def test_an_order_that_is_not_answered_in_time_is_looked_up_and_booked_once(
    pushed: tuple[Desk, PushedErp], behaviour: str
) -> None:
    desk, erp = pushed
    erp.behave(behaviour)
    receipt = await desk.order()
    await desk.reaches(receipt, "UNKNOWN")
    erp.behave("books")
    states = await desk.reaches(receipt, "ACKNOWLEDGED")
    assert "RECONCILING" in states
    # Only what the ERP says it has not got is sent again.
    assert (2 if behaviour == "silent" else 1) == states.count("SENDING")
    assert desk.bookings(receipt) == await desk.numbers(receipt)
    assert 1 == len(desk.bookings(receipt))


async def test_a_second_answer_is_no_answer_to_the_next_order(pushed: tuple[Desk, PushedErp]) -> None:
    desk, erp = pushed
    erp.behave("twice")
    receipts = [await desk.order() for _ in range(6)]
    for receipt in receipts:
        await desk.reaches(receipt, "ACKNOWLEDGED")
        assert [FALSE_NUMBER] != await desk.numbers(receipt)
        assert desk.bookings(receipt) == await desk.numbers(receipt)


async def test_without_the_erp_one_orders_and_is_told_that_it_waits(pushed: tuple[Desk, PushedErp]) -> None:
    desk, erp = pushed
    erp.behave("books")
    await asyncio.to_thread(erp.child.kill)
    receipt = await desk.order()
    assert "received" == (await desk.shop.user.get(f"/v1/orders/{receipt['id']}"))["status"]
    await asyncio.sleep(3)
    assert (await desk.export(receipt))["state"] in ("READY", "CLAIMED", "SENDING")
    erp.child.start()
    await desk.reaches(receipt, "ACKNOWLEDGED")
    assert 1 == len(desk.bookings(receipt))


async def test_a_worker_that_was_paused_before_its_first_byte_leaves_the_order_to_another(
    system: System, fates: Fates, pushed: tuple[Desk, PushedErp], tmp_path: Path
) -> None:
    desk, erp = pushed
    erp.behave("books")
    paused = system.children[SENDING.process]
    port = {"KONTOR_WORKER_PORT": str(free_port())}
    other = replace(paused, name="another-worker", log=tmp_path / "another.log", env={**paused.env, **port})
    before = fates.deaths()[SENDING.name]
    fates.arm(SENDING, 1, SIGSTOP)
    receipt = await desk.order()

    async def stopped() -> bool:
        return fates.deaths()[SENDING.name] > before

    await until(stopped, what="the worker to stop")
    other.start()
    try:
        await desk.reaches(receipt, "ACKNOWLEDGED")
        paused.send(SIGCONT)
        await asyncio.sleep(3)
        assert 1 == len(desk.bookings(receipt))
        assert desk.bookings(receipt) == await desk.numbers(receipt)
    finally:
        paused.send(SIGCONT)
        await asyncio.to_thread(other.stop)


async def test_an_erp_that_cannot_be_asked_leaves_the_decision_to_a_person(
    system: System, tmp_path: Path
) -> None:
    async with _pushed(system, tmp_path, looks_up=False) as (desk, erp):
        erp.behave("late")
        receipt = await desk.order()
        await desk.reaches(receipt, "UNKNOWN")
        erp.behave("books")
        await asyncio.sleep(LONG_ENOUGH)
        assert "UNKNOWN" == (await desk.export(receipt))["state"]
        [number] = desk.bookings(receipt)
        await desk.decide(receipt, number)
        assert [number] == await desk.numbers(receipt)
        await asyncio.sleep(3)
        assert [number] == desk.bookings(receipt)


@pytest.mark.long
async def test_an_erp_asked_too_early_books_twice_unless_it_is_given_time(
    system: System, tmp_path: Path
) -> None:
    async with _pushed(system, tmp_path, looks_up=True, settle_seconds=0) as (desk, erp):
        erp.behave("later")
        receipt = await desk.order()
        await desk.reaches(receipt, "UNKNOWN")
        erp.behave("books")
        await desk.reaches(receipt, "ACKNOWLEDGED")

        async def twice() -> bool:
            return len(desk.bookings(receipt)) == 2

        await until(twice, what="the second booking")


@pytest.mark.parametrize("deduplicates", [True, pytest.param(False, marks=pytest.mark.long)])
async def test_a_pull_worker_that_books_and_dies_is_offered_the_order_again_only_if_its_erp_deduplicates(
    system: System, fates: Fates, tmp_path: Path, deduplicates: bool
) -> None:
    shop = await open_shop(system)
    await shop.connect(protocol="pull", deduplicates_by_order_number=deduplicates, max_attempts=1000)
    worker, ledger = await pulling_erp(shop, tmp_path, fates.dress, name=ERP_WORKER)
    worker.start()
    desk = Desk(shop, ledger)
    try:
        receipt, _ = await asyncio.gather(desk.order(), fates.death(worker, BOOKED_NOT_TOLD, 1))
        [number] = desk.bookings(receipt)
        assert "SENDING" == (await desk.export(receipt))["state"]
        worker.start()
        if deduplicates:
            await desk.reaches(receipt, "ACKNOWLEDGED")
        else:
            await desk.reaches(receipt, "UNKNOWN")
            await asyncio.sleep(LONG_ENOUGH)
            assert "UNKNOWN" == (await desk.export(receipt))["state"]
            await desk.decide(receipt, number)
        assert [number] == await desk.numbers(receipt)
        assert [number] == desk.bookings(receipt)
        assert (2 if deduplicates else 1) == (await desk.export(receipt))["attempt"]
    finally:
        worker.kill()
