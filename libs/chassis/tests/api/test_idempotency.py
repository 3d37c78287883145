"""Idempotency keys on real PostgreSQL: the work is done once, and its answer given again."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, func, insert, select, text
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.database import Database
from chassis.idempotency import IdempotencyKeys, idempotency_table
from chassis.repeatable import (
    IdempotencyInFlight,
    IdempotencyKeyReused,
    IdempotentRequest,
    KeptAnswer,
    ReplayUnavailable,
)
from testkit.postgres import Databases

_METADATA = MetaData()
_KEYS = idempotency_table(_METADATA)
_WORK = Table("work", _METADATA, Column("id", Integer, primary_key=True))
_REQUEST = IdempotentRequest("user:1", "place_order", "k-1", b"hash", b"rights")
_STRICT = IdempotencyKeys(_KEYS, check_rights=True)


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[Database]:
    async with databases.fresh("chassis") as url:
        engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
        async with engine.begin() as connection:
            await connection.run_sync(_METADATA.create_all)
        await engine.dispose()
        database = Database.connect(url, name="chassis-test", pool_size=40)
        yield database
        await database.close()


async def _work(database: Database, request: IdempotentRequest, seconds: float = 0.0) -> KeptAnswer:
    async with database.transaction() as tx:
        if (before := await _STRICT.begin(tx, request)) is not None:
            return before
        await tx.execute(insert(_WORK))
        await asyncio.sleep(seconds)
        number = await tx.scalar(select(func.max(_WORK.c.id)))
        answer = KeptAnswer(201, {"location": f"/things/{number}"}, b'{"number": %d}' % number)
        await _STRICT.keep(tx, request, answer)
        return answer


async def _done(database: Database) -> int:
    async with database.read() as reader:
        return int(await reader.scalar(select(func.count()).select_from(_WORK)))


async def test_fifty_at_once_with_ten_keys_do_ten_things_and_get_equal_bytes(database: Database) -> None:
    requests = [replace(_REQUEST, key=f"k-{number % 10}") for number in range(50)]
    answers = await asyncio.gather(*(_work(database, request, 0.02) for request in requests))
    by_key = {request.key: set[tuple[int, bytes]]() for request in requests}
    for request, answer in zip(requests, answers, strict=True):
        by_key[request.key].add((answer.status, answer.body))
    assert 10 == await _done(database)
    assert [1] * 10 == [len(found) for found in by_key.values()]


@pytest.mark.parametrize("other", [{"principal": "user:2"}, {"operation": "copy"}, {"key": "k-2"}], ids=str)
async def test_a_key_belongs_to_its_principal_and_operation(
    database: Database, other: dict[str, str]
) -> None:
    await _work(database, _REQUEST)
    await _work(database, replace(_REQUEST, **other))  # type: ignore[arg-type]  # all are text fields
    assert 2 == await _done(database)


async def test_another_request_under_the_same_key_is_refused(database: Database) -> None:
    await _work(database, _REQUEST)
    with pytest.raises(IdempotencyKeyReused):
        await _work(database, replace(_REQUEST, request_hash=b"other"))


async def test_an_answer_is_not_given_to_changed_rights(database: Database) -> None:
    given = await _work(database, _REQUEST)
    changed = replace(_REQUEST, permissions_hash=b"fewer")
    with pytest.raises(ReplayUnavailable):
        await _work(database, changed)
    async with database.read() as reader:
        assert given == await IdempotencyKeys(_KEYS, check_rights=False).recall(reader, changed)


async def test_work_that_failed_leaves_its_key_free(database: Database) -> None:
    async def failing() -> None:
        async with database.transaction() as tx:
            await _STRICT.begin(tx, _REQUEST)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await failing()
    assert 201 == (await _work(database, _REQUEST)).status


async def test_one_that_is_still_at_work_is_waited_for_two_seconds_at_most(database: Database) -> None:
    first = asyncio.ensure_future(_work(database, _REQUEST, 3.0))
    await asyncio.sleep(0.2)
    started = asyncio.get_running_loop().time()
    with pytest.raises(IdempotencyInFlight):
        await _work(database, _REQUEST)
    assert 1.5 < asyncio.get_running_loop().time() - started < 2.7
    assert await first == await _work(database, _REQUEST)


async def test_who_has_the_key_waits_for_other_locks_as_long_as_it_takes(database: Database) -> None:
    async with database.transaction() as tx:
        assert await _STRICT.begin(tx, _REQUEST) is None
        assert "0" == await tx.scalar(text("SHOW lock_timeout"))


async def test_answers_are_forgotten_by_age_unless_their_operation_keeps_them(database: Database) -> None:
    await _work(database, _REQUEST)
    await _work(database, replace(_REQUEST, operation="copy"))
    async with database.transaction() as tx:
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        assert 1 == await _STRICT.forget(tx, tomorrow, ["place_order"])
    async with database.read() as reader:
        assert None is await _STRICT.recall(reader, replace(_REQUEST, operation="copy"))
        assert None is not await _STRICT.recall(reader, _REQUEST)
