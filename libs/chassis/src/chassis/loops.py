"""Waiting in a loop that ends when it is told to."""

import asyncio


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Waits, but not longer than until `stop`."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
