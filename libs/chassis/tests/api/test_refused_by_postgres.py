"""What PostgreSQL refuses reaches the caller as what it is: a bad value, or a database that is away."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis.database import Database
from chassis.database_answers import database_probe, from_database
from chassis.failures import Failure, Invalid, Unavailable
from chassis.health import State
from chassis.problems import InternalError
from local_stack.ports import free_port
from testkit.postgres import Databases


@pytest.mark.parametrize(
    ("statement", "value", "failure"),
    [
        ("SELECT CAST(:value AS numeric(4,2))", "12345.6", Invalid),
        ("SELECT CAST(:value AS integer)", 2**40, Invalid),
        ("SELECT CAST(:value AS text)", "a\x00b", Invalid),
        ("SELECT CAST(CAST(:value AS text) AS date)", "2026-02-30", Invalid),
        ("SELECT pg_terminate_backend(pg_backend_pid()), CAST(:value AS text)", "", Unavailable),
        ("SELECT CAST(:value AS text) FROM no_such_table", "", InternalError),
    ],
)
async def test_a_statement_that_fails_is_told_by_its_cause(
    databases: Databases, statement: str, value: object, failure: type[Failure]
) -> None:
    async with databases.fresh("chassis") as url:
        database = Database.connect(url, name="chassis-test")
        async with database.read() as reader:
            with pytest.raises(DBAPIError) as raised:
                await reader.scalar(text(statement), {"value": value})
        assert failure is type(from_database(raised.value))
        await database.close()


async def test_a_database_that_is_away_fails_the_probe_with_a_reason() -> None:
    database = Database.connect(f"postgresql://a:b@127.0.0.1:{free_port()}/c", name="chassis-test")
    found = await database_probe(database)()
    assert (State.FAILED, True) == (found.state, "does not answer" in found.reason)
    await database.close()


async def test_a_database_that_is_there_passes_the_probe(databases: Databases) -> None:
    async with databases.fresh("chassis") as url:
        database = Database.connect(url, name="chassis-test")
        assert State.READY is (await database_probe(database)()).state
        await database.close()
