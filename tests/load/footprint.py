"""What the processes cost: resident memory, and the time from their start until they are ready."""

import time
from collections.abc import Sequence

import psutil

from tests.load.platform import Bench
from tests.load.results import Line

_MIB = 2**20


async def memory(bench: Bench) -> Sequence[Line]:
    """Resident memory of every process as it is now, after everything measured before."""
    await bench.trade()
    await bench.reference()
    assert bench.bare_child is not None
    bare = _resident(bench.bare_child.pid)
    return [
        Line(f"memory: {name}", _resident(child.pid), "MiB", bare, less_is_better=True)
        for name, child in bench.system.children.items()
    ]


def _resident(pid: int | None) -> float:
    assert pid is not None
    return float(psutil.Process(pid).memory_info().rss) / _MIB


async def start_up(bench: Bench) -> Sequence[Line]:
    """Each process stopped and started alone, beside the bare reference."""
    await bench.reference()
    assert bench.bare_child is not None
    bench.bare_child.stop()
    bench.bare_child = None
    began = time.perf_counter()
    await bench.reference()
    bare = time.perf_counter() - began
    lines = []
    for name in bench.system.children:
        async with bench.system.without(name):
            began = time.perf_counter()
        seconds = time.perf_counter() - began
        lines.append(Line(f"start-up: {name}", seconds, "s", bare, less_is_better=True))
    return lines
