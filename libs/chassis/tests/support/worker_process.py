"""A worker with one loop, to be run as a process: says on its output what it did, in order."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence

from pydantic import SecretStr

from chassis.health import Health
from chassis.server import Loop, work
from chassis.settings import StatefulSettings


async def make() -> tuple[Health, Sequence[Loop], Callable[[], Awaitable[None]]]:
    async def loop(stop: asyncio.Event) -> None:
        say("loop runs")
        await stop.wait()
        await asyncio.sleep(0.2)  # the rest of a batch
        say("loop drained")

    async def close() -> None:
        say("closed")

    return Health({}), [loop], close


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    work(
        make,
        StatefulSettings(
            port=1,
            worker_port=int(sys.argv[1]),
            database_url=SecretStr("postgresql://"),
            cursor_secret=SecretStr("secret"),
        ),
    )
