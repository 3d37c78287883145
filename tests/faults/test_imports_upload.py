"""A very large upload passes in constant memory, and one that is cut off leaves nothing."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import httpx
import orjson
import psutil
import pytest

from local_stack.client import until
from tests.faults.support.fates import Fates
from tests.faults.support.feeding import Feeding, product, products
from tests.faults.support.import_points import IMPORT_API
from tests.support.imports import NDJSON
from tests.support.system import System

SHORT: Final = bool(os.environ.get("KONTOR_FAULTS_SHORT"))
MEGABYTE: Final = 1024 * 1024
WHOLE: Final = (256 if SHORT else 1024) * MEGABYTE
# What a process may grow by, whatever passes through it.
BOUND: Final = 200 * MEGABYTE
# Enough to grow beyond it, were it collected.
COLLECTED: Final = 320 * MEGABYTE
THROUGH: Final = ("gateway-api", IMPORT_API)


@dataclass
class Memory:
    """By process the resident memory before, and the most since; in bytes."""

    before: dict[str, int] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=dict)

    @property
    def growth(self) -> dict[str, int]:
        """What each has grown by."""
        return {name: self.most[name] - self.before[name] for name in self.before}


@asynccontextmanager
async def watched(system: System) -> AsyncIterator[Memory]:
    """Measures what an upload passes through, twenty times a second."""
    processes = {name: psutil.Process(system.children[name].pid) for name in THROUGH}
    memory = Memory({name: process.memory_info().rss for name, process in processes.items()})
    memory.most = dict(memory.before)

    async def watch() -> None:
        while True:
            for name, process in processes.items():
                memory.most[name] = max(memory.most[name], process.memory_info().rss)
            await asyncio.sleep(0.05)

    task = asyncio.create_task(watch())
    try:
        yield memory
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class _Cut(Exception):  # noqa: N818 - the wire is cut, nothing more
    pass


async def rows(size: int) -> AsyncIterator[bytes]:
    """So many bytes of products with long attributes, a megabyte or so at a time; then the wire is cut."""
    told, number = 0, 0
    while told < size:
        lines = []
        for _ in range(32):
            number += 1
            attributes = {"erp_attributes": {"sheet": f"{number:08d}" * 4096}}
            lines.append(orjson.dumps(product(number, "large") | attributes) + b"\n")
        piece = b"".join(lines)
        told += len(piece)
        yield piece
    raise _Cut


async def cut_off(feeding: Feeding, size: int, *, after: int) -> Memory:
    """Says that `size` bytes come and cuts the wire after some of them; what the memory did meanwhile."""
    headers = {**NDJSON, "Content-Length": str(size)}
    async with watched(feeding.system) as memory:
        with suppress(_Cut, httpx.TransportError):
            await feeding.importer.send("products", rows(after), headers=headers, mode="full")
            raise AssertionError("an upload that was cut off was answered")
    return memory


@pytest.mark.long
async def test_a_large_upload_that_is_cut_off_takes_no_memory_and_leaves_nothing(system: System) -> None:
    feeding = await Feeding.begun(system)
    await feeding.importer.imported("products", products(range(100), "base"))
    before = await feeding.rows()

    memory = await cut_off(feeding, 2 * WHOLE, after=WHOLE)
    grown = {name: f"{growth / MEGABYTE:.0f} MiB" for name, growth in memory.growth.items()}
    print(f"{WHOLE // MEGABYTE} MiB of an upload of twice that: grown by {grown}")  # noqa: T201 - measured
    assert all(growth < BOUND for growth in memory.growth.values()), grown

    failed = await feeding.importer.rested((await feeding.importer.runs("products"))[0])
    assert ("failed", "body_incomplete") == (failed["state"], failed["reason"]["code"])
    assert failed["counts"]["staged"] > 0
    assert before == await feeding.rows()

    async def clean() -> bool:
        return await feeding.staged() == 0

    await until(clean, seconds=120, what="the staged rows to go")
    again = await feeding.importer.imported("products", products(range(100), "next"), mode="full")
    assert ("done", 100) == (again["state"], again["counts"]["updated"])


@pytest.mark.long
async def test_an_upload_that_is_collected_shows_in_both(system: System, fates: Fates) -> None:
    """The counter-proof: nothing passes on before all of it is there."""
    async with fates.mutated(system, "collect_uploads", *THROUGH):
        feeding = await Feeding.begun(system)
        whole = await collected(feeding)
    assert all(growth > BOUND for growth in whole.growth.values()), whole.growth


async def collected(feeding: Feeding) -> Memory:
    """A whole upload, larger than the bound."""

    async def whole() -> AsyncIterator[bytes]:
        with suppress(_Cut):
            async for piece in rows(COLLECTED):
                yield piece

    async with watched(feeding.system) as memory:
        await feeding.importer.send("products", whole(), mode="preview")
    return memory
