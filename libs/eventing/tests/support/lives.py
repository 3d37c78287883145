"""Worker processes that end themselves by SIGKILL at a chosen step, life after life."""

import asyncio
import multiprocessing
import os
import random
import signal
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

from eventing.loops import Probe
from libs.eventing.tests.support.station import Station


@dataclass(frozen=True)
class Life:
    """How a worker process lives and where it dies: at the `strike`-th time it comes by `step`."""

    url: str
    bootstrap: str
    name: str
    contracts: Path
    step: str
    strike: int
    produces: bool


def live(life: Life) -> None:
    """Runs the real worker until it kills itself."""
    strikes = 0

    def probe(step: str) -> None:
        nonlocal strikes
        strikes += step == life.step
        if strikes >= life.strike:
            os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(_work(life, probe))


async def _work(life: Life, probe: Probe) -> None:
    station = Station(life.url, life.bootstrap, life.name, life.contracts)
    more: dict[str, Any] = {"subscriptions": ()} if life.produces else {"topics": (), "instance": "mortal"}
    await station.worker(probe, send_seconds=0.5, **more).run(asyncio.Event())


async def end_by_kill(context: ForkServerContext, life: Life) -> None:
    """One life to its end, which must be a SIGKILL by its own hand."""
    process = context.Process(target=live, args=(life,))
    process.start()
    try:
        # Asked from this thread alone: `start` asks all others too, and an exit code can be read only once.
        async with asyncio.timeout(120):
            while process.is_alive():  # noqa: ASYNC110 - another process works
                await asyncio.sleep(0.01)
        assert -signal.SIGKILL == process.exitcode, f"no death at {life.step}"
    finally:
        process.kill()
        process.join()


def nursery() -> ForkServerContext:
    """Where processes are forked from: everything is imported there once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


async def lives(station: Station, step: str, count: int, chance: random.Random) -> int:
    """Kills `count` workers between `step` and the next one; returns how many died there."""
    context = nursery()
    for _ in range(count):
        life = Life(
            url=station.url,
            bootstrap=station.bootstrap,
            name=station.name,
            contracts=station.contracts,
            step=step,
            strike=chance.randint(1, 3),
            produces=step.startswith("relay"),
        )
        await end_by_kill(context, life)
    return count
