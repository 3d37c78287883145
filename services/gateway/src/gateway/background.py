"""Loops that live as long as the app: started before the first request, ended after the last."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from eventing.loops import keep_going
from eventing.metrics import EventMetrics

Loop = Callable[[asyncio.Event], Awaitable[None]]


class Background:
    """Runs loops beside the server; each is told by an event to end, and begins again if it fails."""

    def __init__(self, loops: Mapping[str, Loop], metrics: EventMetrics) -> None:
        self._loops = dict(loops)
        self._metrics = metrics
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Starts every loop."""
        self._tasks = [
            asyncio.create_task(keep_going(name, loop, self._stop, self._metrics), name=name)
            for name, loop in self._loops.items()
        ]

    async def stop(self) -> None:
        """Ends every loop and waits for it."""
        self._stop.set()
        await asyncio.gather(*self._tasks)
