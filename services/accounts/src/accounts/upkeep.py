"""Work outside of the long-running processes, and what each of them checks before it starts."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from accounts.keys.repository import SecretMismatch
from accounts.settings import AccountsSettings
from accounts.wiring import Wiring, wire
from chassis.clock import SystemClock
from chassis.database import Database

Result = TypeVar("Result")


def wired(settings: AccountsSettings, use: Callable[[Wiring], Awaitable[Result]]) -> Result:
    """Runs something once with every part of the service, and closes them."""

    async def run() -> Result:
        database = Database.connect(
            settings.database_url.get_secret_value(), name="accounts-cli", pool_size=4
        )
        wiring = wire(settings, database, SystemClock())
        try:
            return await use(wiring)
        finally:
            await wiring.passwords.close()
            await database.close()

    return asyncio.run(run())


def check_secret(settings: AccountsSettings) -> None:
    """Ends the program with a sentence where the token secret is not the database's."""
    try:
        wired(settings, lambda wiring: wiring.keys.published())
    except SecretMismatch as mismatch:
        sys.exit(str(mismatch))
    except (DBAPIError, OSError):
        # Services start in any order: a database that is not there yet is no reason to end.
        return
