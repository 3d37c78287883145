"""Which database errors go away by themselves, and are waited for instead of parking a key."""

import asyncpg
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

# Connection, resources, operator intervention; then serialization, deadlock, lock time-out, idle transaction.
CLASSES = ("08", "53", "57P")
STATES = ("40001", "40P01", "55P03", "25P03")


def is_transient(error: BaseException) -> bool:
    """True when trying the same again later may succeed without anybody changing anything."""
    if isinstance(error, OSError | TimeoutError | DisconnectionError | PoolTimeoutError):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    cause: BaseException | None = error
    while cause is not None:
        state = getattr(cause, "sqlstate", None)
        if isinstance(state, str):
            return state.startswith(CLASSES) or state in STATES
        # Other interface errors are misuse or a value that does not fit, and would come again for ever.
        if isinstance(cause, OSError) or (
            isinstance(cause, asyncpg.InterfaceError) and "closed" in str(cause)
        ):
            return True
        cause = cause.orig if isinstance(cause, DBAPIError) else cause.__cause__
    return False
