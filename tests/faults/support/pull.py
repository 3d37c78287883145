"""Runs an ERP's worker as a process, as told by its environment."""

import asyncio
import os
from pathlib import Path

from local_stack.client import Platform
from tests.faults.support.ledger import Ledger
from tests.faults.support.puller import Puller


async def main() -> None:
    """Pulls for ever."""
    told = os.environ
    ledger = Ledger(Path(told["ERP_LEDGER"]))
    platform = Platform(told["ERP_GATEWAY"])
    await Puller(platform, ledger, told["ERP_CONNECTOR"], told["ERP_CLIENT"], told["ERP_SECRET"]).run()


if __name__ == "__main__":
    asyncio.run(main())
