"""What the database's failures mean outside: a finding on `/readyz`, a problem to whoever calls."""

import asyncio
from collections.abc import Mapping
from typing import Final

import asyncpg
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chassis.database import Database
from chassis.failures import Failure, Invalid, Unavailable
from chassis.health import Check, Probe, State
from chassis.problems import InternalError, Translation

_PATIENCE_SECONDS: Final = 3.0  # a server that accepts and never answers is as good as down
_CONNECTION_LOST = (InterfaceError, OperationalError, PoolTimeout, OSError, asyncpg.InterfaceError)
# SQLSTATE classes: connection, transaction rolled back (deadlock, serialization), resources, lock not
# available, shut down, system.
_TRY_AGAIN = ("08", "40", "53", "55P03", "57P", "58")
_log = structlog.get_logger(__name__)


def database_probe(database: Database) -> Probe:
    """FAILED while the database does not answer."""

    async def probe() -> Check:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS), database.read() as reader:
                await reader.scalar(text("SELECT 1"))
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            return Check(State.FAILED, f"the database does not answer: {type(error).__name__}")
        return Check(State.READY)

    return probe


def from_database(error: Exception) -> Failure:
    """A failure of the database as one of ours: a value refused, out of reach, or a mistake of ours."""
    # SQLAlchemy's asyncpg dialect tells a DataError by its SQLSTATE only, never by its class.
    state = getattr(getattr(error, "orig", error), "sqlstate", None) or ""
    if state.startswith("22"):
        return Invalid("a value does not fit")
    if (
        isinstance(error, _CONNECTION_LOST)
        or state.startswith(_TRY_AGAIN)
        or getattr(error, "connection_invalidated", False)
    ):
        _log.warning("database_unavailable", error=type(error).__name__)
        return Unavailable("the database does not answer")
    _log.error("statement_failed", exc_info=error)
    return InternalError()


FAILURES: Final[Mapping[type[Exception], Translation]] = dict.fromkeys(
    (DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError, PoolTimeout, OSError), from_database
)
