"""A worker in a process of its own, to be killed: `python -m libs.feeds.tests.support.worker_process URL`."""

import asyncio
import sys

from chassis.database import Database
from libs.feeds.tests.support.fed import Shop


async def main(url: str) -> None:
    database = Database.connect(url, name="feeds-worker")
    await Shop(database).feeds.worker().run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
