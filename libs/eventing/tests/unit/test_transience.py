"""Which errors are waited for and which park a key."""

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from eventing.transience import is_transient


def _wrapped(cause: Exception, *, invalidated: bool = False) -> DBAPIError:
    driver = Exception("driver")
    driver.__cause__ = cause
    return DBAPIError("SELECT 1", {}, driver, connection_invalidated=invalidated)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        PoolTimeoutError(),
        asyncpg.DeadlockDetectedError("x"),
        _wrapped(asyncpg.DeadlockDetectedError("x")),
        _wrapped(asyncpg.SerializationError("x")),
        _wrapped(asyncpg.LockNotAvailableError("x")),
        _wrapped(asyncpg.AdminShutdownError("x")),
        _wrapped(asyncpg.TooManyConnectionsError("x")),
        _wrapped(asyncpg.InterfaceError("connection is closed")),
        _wrapped(ValueError("anything"), invalidated=True),
    ],
)
def test_what_goes_away_by_itself_is_waited_for(error: Exception) -> None:
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a bug"),
        KeyError("a bug"),
        _wrapped(asyncpg.UniqueViolationError("x")),
        _wrapped(asyncpg.NotNullViolationError("x")),
        _wrapped(asyncpg.UndefinedTableError("x")),
        _wrapped(asyncpg.DataError("value out of int32 range")),
        IntegrityError("INSERT", {}, asyncpg.ForeignKeyViolationError("x")),
    ],
)
def test_what_would_come_again_for_ever_is_not(error: Exception) -> None:
    assert not is_transient(error)
