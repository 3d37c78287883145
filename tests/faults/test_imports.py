"""kill -9 in every state of an import run: it ends as if nothing had happened, or was never promised."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

import httpx
import pytest

from local_stack.child import Child
from local_stack.client import Refused, until
from local_stack.ports import free_port
from tests.faults.support.fates import Fates
from tests.faults.support.feeding import Feeding, Outcome, ndjson, product, products
from tests.faults.support.import_points import (
    IMPORT_API,
    IMPORT_WORKER,
    PROMISED,
    RECEIVING,
    STRIKES,
)
from tests.faults.support.points import Step
from tests.support.imports import Run, path_of
from tests.support.system import System

# Several chunks of 2,000 rows, of those that are named and of those that are left out.
BASE: Final = range(5_000)
SECOND: Final = range(2_500, 7_000)
# For the short form: one that fails whole, and one in the middle of what was promised.
BRIEFLY: Final = ("receiving: a block staged", "applying: chunk counted, not committed")
IN_THE_MIDDLE: Final = next(step for step in PROMISED if step.name == "applying: chunk merged, not counted")


def walk(steps: Sequence[Step]) -> list[Any]:
    """The steps by name, most of them for the long form only."""
    return [
        pytest.param(step, id=step.name, marks=() if step.name in BRIEFLY else pytest.mark.long)
        for step in steps
    ]


def second() -> bytes:
    """A full feed that changes, adds, repeats, leaves out and gets wrong."""
    rows = [product(number, "changed" if number % 3 else "base") for number in SECOND]
    refused = {"external_id": f"{BASE[0]:06d}", "description": "Its unit is empty", "base_unit": ""}
    return ndjson([*rows, refused, product(SECOND[0], "repeated"), {**product(99_999, "new"), "huh": 1}])


async def begun(system: System) -> Feeding:
    """A source whose first products are in."""
    feeding = await Feeding.begun(system)
    run = await feeding.importer.imported("products", products(BASE, "base"))
    assert ("done", len(BASE)) == (run["state"], run["counts"]["created"])
    return feeding


async def through(feeding: Feeding, run: Run) -> Run:
    """The run at its end: it is held on the way, and let go."""
    held = await feeding.importer.rested(run)
    assert ("held", "discontinues_too_much") == (held["state"], held["reason"]["code"])
    return await feeding.importer.release(held)


@pytest.fixture(scope="module")
async def calm(system: System) -> Outcome:
    """What a run leaves behind that nobody disturbs."""
    feeding = await begun(system)
    run = await feeding.importer.send("products", second(), mode="full")
    outcome = await feeding.outcome(await through(feeding, run))
    left_out = [result for result in outcome.results if result[0] is None]
    assert ("done", len(second().splitlines())) == (outcome.state, len(outcome.results) - len(left_out))
    # The row that was refused was named, and stays.
    assert SECOND[0] - BASE[0] - 1 == len(left_out)
    new = len(SECOND) - len(BASE[SECOND[0] :]) + 1
    assert (1, new) == (outcome.counts["rejected"], outcome.counts["created"])
    return outcome


async def sent(feeding: Feeding) -> Run:
    """Uploads the second feed; finds the run where the answer was lost."""
    with suppress(httpx.TransportError, Refused):
        return await feeding.importer.send("products", second(), mode="full")

    async def found() -> Run | None:
        with suppress(httpx.TransportError, Refused):
            return (await feeding.importer.runs("products"))[0]
        return None

    run: Run = await until(found, seconds=120, what="the list of runs")
    return run


async def dies(system: System, fates: Fates, feeding: Feeding, step: Step) -> None:
    """Waits for the death at this step, and starts the process again."""
    await fates.death(system.children[step.process], step, STRIKES.get(step.name, 1))
    await feeding.expire_leases()
    await system.start_again(step.process)


@pytest.mark.parametrize("step", walk(PROMISED))
async def test_a_run_whose_process_is_killed_ends_as_if_nothing_had_happened(
    system: System, fates: Fates, calm: Outcome, step: Step
) -> None:
    feeding = await begun(system)
    async with asyncio.TaskGroup() as group:
        group.create_task(dies(system, fates, feeding, step))
        await asyncio.sleep(0)
        ended = await through(feeding, await sent(feeding))
    assert calm == await feeding.outcome(ended)


@pytest.mark.parametrize("step", walk(RECEIVING))
async def test_an_upload_whose_receiver_is_killed_fails_whole_and_the_next_one_works(
    system: System, fates: Fates, calm: Outcome, step: Step
) -> None:
    feeding = await begun(system)
    before = await feeding.rows()
    async with asyncio.TaskGroup() as group:
        group.create_task(dies(system, fates, feeding, step))
        await asyncio.sleep(0)
        failed = await feeding.importer.rested(await sent(feeding))
    assert ("failed", "body_incomplete") == (failed["state"], failed["reason"]["code"])
    assert before == await feeding.rows()
    again = await through(feeding, await sent(feeding))
    assert calm == await feeding.outcome(again)


@pytest.mark.long
async def test_another_worker_takes_over_when_the_lease_ends(
    system: System, fates: Fates, calm: Outcome
) -> None:
    feeding = await begun(system)
    port = str(free_port())
    first = system.children[IMPORT_WORKER]
    second_worker = replace(
        first, name="catalog-worker-2", env={**first.env, "KONTOR_WORKER_PORT": port}, _process=None
    )
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fates.death(first, IN_THE_MIDDLE, STRIKES[IN_THE_MIDDLE.name]))
            await asyncio.sleep(0)
            run = await sent(feeding)
            released = group.create_task(through(feeding, run))
            await until(lambda: _is_dead(first), seconds=120, what="the first worker to die")
            second_worker.start()
            # Nobody ends the lease by hand.
            ended = await released
    finally:
        second_worker.kill()
        async with system.without(IMPORT_WORKER):
            pass
    assert calm == await feeding.outcome(ended)


async def _is_dead(child: Child) -> bool:
    return not child.alive


@pytest.mark.long
async def test_a_held_run_outlives_every_process(system: System, calm: Outcome) -> None:
    feeding = await begun(system)
    before = await feeding.rows()
    held = await feeding.importer.rested(await sent(feeding))
    async with system.without(IMPORT_API, IMPORT_WORKER):
        pass
    found = await feeding.importer.patiently("GET", path_of(held))
    assert found is not None
    assert ("held", held["reason"], held["counts"]) == (found["state"], found["reason"], found["counts"])
    assert before == await feeding.rows()
    assert calm == await feeding.outcome(await through(feeding, held))


@pytest.mark.long
async def test_a_chunk_that_is_merged_and_counted_apart_shows(
    system: System, fates: Fates, calm: Outcome
) -> None:
    """The counter-proof: one transaction for both is what makes a kill harmless."""
    feeding = await begun(system)
    async with fates.mutated(system, "merge_apart", IMPORT_WORKER):
        async with asyncio.TaskGroup() as group:
            group.create_task(dies(system, fates, feeding, IN_THE_MIDDLE))
            await asyncio.sleep(0)
            ended = group.create_task(through(feeding, await sent(feeding)))
            # What is merged twice fails again and again: there is no need to wait for it to be given up.
            while not ended.done():
                await asyncio.sleep(1)
                await feeding.expire_leases()
        assert calm != await feeding.outcome(ended.result())
