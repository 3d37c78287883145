"""What came later wins: runs that cross, runs let go late, and single edits beside a full run."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final

import pytest

from local_stack.client import until
from local_stack.ports import free_port
from tests.faults.support.fates import Fates
from tests.faults.support.feeding import Feeding, keep_lenient_profile, ndjson, product, products
from tests.faults.support.import_points import IMPORT_API, IMPORT_WORKER
from tests.support.imports import Importer, Run
from tests.support.system import System

SEED: Final = 7
BASE: Final = range(9_000)
OLDER: Final = range(6_000)
NEWER: Final = range(3_000, 12_000)
PAIRS: Final = [
    pytest.param(
        (older, newer),
        id=f"{older}-{newer}",
        marks=() if (older, newer) == ("full", "delta") else pytest.mark.long,
    )
    for older in ("delta", "full")
    for newer in ("delta", "full")
]
EDITORS: Final = 3
TITLES: Final = 20


@pytest.fixture(scope="module")
async def lenient(system: System) -> str:
    """A profile that holds nothing."""
    return await keep_lenient_profile(system)


@asynccontextmanager
async def second_worker(system: System) -> AsyncIterator[None]:
    """Another worker of catalog beside the one that is there."""
    first = system.children[IMPORT_WORKER]
    port = {"KONTOR_WORKER_PORT": str(free_port())}
    child = replace(first, name="catalog-worker-2", env={**first.env, **port}, _process=None)
    child.start()
    try:
        yield
    finally:
        child.kill()


def pieces(body: bytes) -> Sequence[bytes]:
    """A body in a hundred pieces."""
    size = len(body) // 100 + 1
    return [body[start : start + size] for start in range(0, len(body), size)]


async def slowly(body: bytes, seconds: float, begun: asyncio.Event) -> AsyncIterator[bytes]:
    """A body that takes its time; `begun` is set when it is under way."""
    for piece in pieces(body):
        yield piece
        begun.set()
        await asyncio.sleep(seconds / 100)


@dataclass(frozen=True)
class Crossing:
    """Two runs of one source, the newer begun while the older was arriving."""

    feeding: Feeding
    older: Run
    newer: Run

    async def faults(self) -> list[str]:
        """Rows that are not as the newer of the runs that have a say in them left them."""
        found = []
        rows = await self.feeding.rows()
        for number in range(max(NEWER) + 1):
            row = rows.get(f"{number:06d}")
            if not self._right(number, row):
                found.append(f"{number}: {row}")
        return found

    def _right(self, number: int, row: tuple[str, str] | None) -> bool:
        if row is None:
            return False
        if number in NEWER:
            return row == (f"newer {number}", "active")
        if self.newer["mode"] == "full":
            return row[1] == "discontinued"
        if number in OLDER:
            return row == (f"older {number}", "active")
        return row[1] == ("discontinued" if self.older["mode"] == "full" else "active")


async def crossed(feeding: Feeding, lenient: str, modes: tuple[str, str], other: Importer) -> Crossing:
    """Sends two runs that overlap, and waits for both."""
    await feeding.importer.imported("products", products(BASE, "base"))
    begun = asyncio.Event()
    older = asyncio.create_task(
        feeding.importer.send(
            "products", slowly(products(OLDER, "older"), 3, begun), mode=modes[0], profile=lenient
        )
    )
    await begun.wait()
    # Its number is drawn before its first byte is read; that byte may still be under way.
    await until(lambda: _receiving(feeding.importer), what="the older run to be registered")
    newer = await other.send("products", products(NEWER, "newer"), mode=modes[1], profile=lenient)
    return Crossing(feeding, await feeding.importer.rested(await older), await other.rested(newer))


async def _receiving(importer: Importer) -> bool:
    return any(run["state"] == "receiving" for run in await importer.runs("products"))


def every_line_has_a_verdict(run: Run) -> bool:
    counts = run["counts"]
    verdicts = ("created", "updated", "unchanged", "skipped_newer", "rejected")
    return bool(run["state"] == "done" and counts["lines"] == sum(counts[name] for name in verdicts))


@pytest.mark.long
@pytest.mark.parametrize("modes", PAIRS)
async def test_runs_of_one_client_apply_one_after_the_other(
    system: System, lenient: str, modes: tuple[str, str]
) -> None:
    feeding = await Feeding.begun(system)
    async with second_worker(system):
        crossing = await crossed(feeding, lenient, modes, feeding.importer)
    assert [] == await crossing.faults()
    for run in (crossing.older, crossing.newer):
        assert every_line_has_a_verdict(run), run
        assert 0 == run["counts"]["skipped_newer"]
    assert crossing.older["finished_at"] <= crossing.newer["finished_at"]


@pytest.mark.parametrize("modes", PAIRS)
async def test_runs_of_two_clients_cross_and_the_newer_one_stays(
    system: System, lenient: str, modes: tuple[str, str]
) -> None:
    feeding = await Feeding.begun(system)
    async with second_worker(system):
        crossing = await crossed(feeding, lenient, modes, feeding.other)
    assert [] == await crossing.faults()
    assert all(every_line_has_a_verdict(run) for run in (crossing.older, crossing.newer))
    # They did cross: the older one found rows that the newer one had already written.
    assert crossing.older["counts"]["skipped_newer"] > 0
    assert 0 == crossing.newer["counts"]["skipped_newer"]


async def held_and_late(feeding: Feeding) -> tuple[Run, list[str]]:
    """A held full run is let go after newer data came; the run, and what it should not have touched."""
    importer = feeding.importer
    await importer.imported("products", products(BASE, "base"))
    # It names the first third anew, and would discontinue two thirds.
    held = await importer.imported("products", products(range(3_000), "held"), mode="full")
    assert ("held", "discontinues_too_much") == (held["state"], held["reason"]["code"])
    # By batch and by run, changed and just said again, named by the held run and left out by it.
    kept: dict[str, str] = {}
    for numbers, text in ((range(100), "batch"), (range(8_000, 8_100), "base")):
        items = [product(number, text) for number in numbers]
        await importer.write("products", items)
        kept |= {item["external_id"]: item["description"] for item in items}
    delta = [
        *(product(n, "delta") for n in range(2_000, 2_500)),
        *(product(n, "base") for n in range(5_000, 5_500)),
    ]
    assert "done" == (await importer.imported("products", ndjson(delta)))["state"]
    kept |= {item["external_id"]: item["description"] for item in delta}
    done = await importer.release(held)
    rows = await feeding.rows()
    return done, [key for key, text in kept.items() if rows[key] != (text, "active")]


@pytest.mark.long
async def test_a_run_let_go_after_newer_data_skips_it(system: System) -> None:
    feeding = await Feeding.begun(system)
    done, touched = await held_and_late(feeding)
    assert [] == touched
    counts = done["counts"]
    assert ("done", 600, 2_400) == (done["state"], counts["skipped_newer"], counts["updated"])
    assert 6_000 - 600 == counts["discontinued"]


@dataclass
class Edits:
    """What was written beside a run: the last text of each product, and titles of some."""

    texts: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    count: int = 0


async def _edit(importer: Importer, share: int, edits: Edits, stop: asyncio.Event) -> None:
    """Writes small batches, each editor products of its own."""
    chance = random.Random(SEED + share)
    while not stop.is_set():
        numbers = [number * EDITORS + share for number in chance.sample(range(len(BASE) // EDITORS), 10)]
        items = [{**product(number, "edit"), "description": f"edit {edits.count}"} for number in numbers]
        await importer.write("products", items)
        edits.texts |= {item["external_id"]: item["description"] for item in items}
        edits.count += 1
        await asyncio.sleep(0.01)


async def _title(system: System, ids: dict[str, str], edits: Edits, stop: asyncio.Event) -> None:
    """Edits what the platform adds to products, round after round."""
    staff = await system.staff()
    number = 0
    while not stop.is_set():
        for key, product_id in ids.items():
            number += 1
            title = f"Title {number}"
            await staff.change(f"/admin/v1/products/{product_id}", {"texts": {"en": {"title": title}}})
            edits.titles[key] = title


async def beside_edits(feeding: Feeding, lenient: str) -> tuple[Run, Edits, list[str]]:
    """A full run that leaves a third out, with edits while it is applied; what was lost of them."""
    importer, system = feeding.importer, feeding.system
    await importer.imported("products", products(BASE, "base"))
    staff = await system.staff()
    ids: dict[str, str] = {}
    for number in range(0, len(BASE), len(BASE) // TITLES):
        key = f"{number:06d}"
        page = await staff.get("/admin/v1/products", external_id=key, source=feeding.source)
        ids[key] = page["items"][0]["id"]
    edits, stop = Edits(), asyncio.Event()
    run = await importer.send("products", products(OLDER, "run"), mode="full", profile=lenient)
    async with asyncio.TaskGroup() as group:
        for share in range(EDITORS):
            group.create_task(_edit(feeding.other, share, edits, stop))
        group.create_task(_title(system, ids, edits, stop))
        done = await importer.rested(run)
        stop.set()
    rows = await feeding.rows()
    lost = [key for key, text in edits.texts.items() if rows[key] != (text, "active")]
    for key, title in edits.titles.items():
        found = await staff.get(f"/admin/v1/products/{ids[key]}")
        if found["texts"]["en"]["title"] != title:
            lost.append(f"title of {key}")
    return done, edits, lost


@pytest.mark.long
async def test_a_full_run_beside_single_edits_overwrites_and_discontinues_nothing_newer(
    system: System, lenient: str
) -> None:
    feeding = await Feeding.begun(system)
    done, edits, lost = await beside_edits(feeding, lenient)
    print(  # noqa: T201 - what was hit
        f"seed {SEED}: {edits.count} batches of 10 and {len(edits.titles)} titles beside the run;"
        f" {len(edits.texts)} products edited, {done['counts']['skipped_newer']} of them before its turn"
    )
    assert [] == lost
    assert every_line_has_a_verdict(done)
    assert done["counts"]["skipped_newer"] > 0
    left_out = [key for key in edits.texts if int(key) not in OLDER]
    assert left_out, "an edit saved no product from being discontinued"
    assert done["counts"]["discontinued"] < len(BASE) - len(OLDER)


@pytest.mark.long
async def test_without_the_receive_sequence_all_of_this_shows(
    system: System, fates: Fates, lenient: str
) -> None:
    """The counter-proof: the statements no longer ask what is newer."""
    async with fates.mutated(system, "ignore_what_is_newer", IMPORT_API, IMPORT_WORKER):
        feeding = await Feeding.begun(system)
        assert await (await crossed(feeding, lenient, ("full", "delta"), feeding.other)).faults()
        _, touched = await held_and_late(await Feeding.begun(system))
        assert touched
        _, _, lost = await beside_edits(await Feeding.begun(system), lenient)
        assert lost
