"""A POST under an Idempotency-Key on real PostgreSQL: done once, answered again, by whoever may."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import func, select, text

from chassis.database import Database
from chassis.principal import Caller
from chassis.repeats import Repeats
from libs.chassis.tests.support.issuer import Issuer, principal
from libs.chassis.tests.support.noting_service import KEYS, NOTES, noting
from libs.chassis.tests.support.thing_service import calling
from testkit.postgres import Databases


@dataclass
class Notes:
    """The service, and a look behind it."""

    app: FastAPI
    http: httpx.AsyncClient
    database: Database
    issuer: Issuer

    def headers(self, key: str | None = "k-1", *permissions: str, **fields: Any) -> dict[str, str]:
        """A user's headers; with the one permission unless told otherwise."""
        asking = principal(fields.pop("caller", Caller.USER), *(permissions or ("notes:write",)), **fields)
        told = {"Authorization": f"Bearer {self.issuer.token(asking)}"}
        return told if key is None else told | {"Idempotency-Key": key}

    async def note(
        self, line: str = "one", path: str = "/v1/notes", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Asks for a note."""
        return await self.http.post(path, json={"line": line}, headers=headers or self.headers())

    async def done(self) -> int:
        """How many notes there are."""
        return await self._count(NOTES)

    async def kept(self) -> int:
        """How many keys there are."""
        return await self._count(KEYS)

    async def until(self, count: Callable[[], Awaitable[int]], wanted: int) -> None:
        """Waits until the count is this."""
        async with asyncio.timeout(20):
            while wanted != await count():  # noqa: ASYNC110 - the database rings no bell
                await asyncio.sleep(0.02)

    async def _count(self, table: Any) -> int:
        async with self.database.read() as reader:
            return int(await reader.scalar(select(func.count()).select_from(table)))


@pytest_asyncio.fixture
async def notes(databases: Databases, issuer: Issuer) -> AsyncIterator[Notes]:
    async with noting(databases, issuer) as (app, database), calling(app) as http:
        yield Notes(app, http, database, issuer)


async def test_the_same_request_again_gets_the_same_answer_and_does_nothing(notes: Notes) -> None:
    first, second = await notes.note(), await notes.note()
    assert (201, b"1", "/v1/notes/1") == (first.status_code, first.content, first.headers["location"])
    same = ("location", "content-type", "content-length", "cache-control")
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert [first.headers[name] for name in same] == [second.headers[name] for name in same]
    assert 1 == await notes.done()


async def test_without_a_key_it_is_done_again(notes: Notes) -> None:
    for _ in range(2):
        await notes.note(headers=notes.headers(None))
    assert (2, 0) == (await notes.done(), await notes.kept())


async def test_fifty_at_once_with_ten_keys_do_ten_things_and_get_equal_answers(notes: Notes) -> None:
    async def persist(key: str) -> httpx.Response:
        # On a busy machine two seconds may pass before the first is done: then ask again, as told.
        answer = await notes.note(headers=notes.headers(key))
        return await persist(key) if "retry-after" in answer.headers else answer

    keys = [f"k-{number % 10}" for number in range(50)]
    answers = await asyncio.gather(*(persist(key) for key in keys))
    seen = {(key, answer.status_code, answer.content) for key, answer in zip(keys, answers, strict=True)}
    assert (10, 10) == (len(seen), await notes.done())


async def test_another_body_under_the_key_is_refused(notes: Notes) -> None:
    await notes.note("one")
    other = await notes.note("two")
    assert (422, "idempotency_key_reused") == (other.status_code, other.json()["code"])
    assert 1 == await notes.done()


async def test_a_key_belongs_to_its_caller_and_its_operation(notes: Notes) -> None:
    await notes.note()
    await notes.note(headers=notes.headers(subject="somebody-else"))
    await notes.note(path="/v1/half-notes")
    assert 3 == await notes.done()


async def test_nobody_unknown_and_nobody_without_the_right_sees_a_kept_answer(notes: Notes) -> None:
    await notes.note()
    unknown = await notes.note(headers={"Idempotency-Key": "k-1"})
    powerless = await notes.note(headers=notes.headers("k-1", "notes:read"))
    assert (401, 403) == (unknown.status_code, powerless.status_code)


async def test_changed_rights_do_not_see_the_kept_answer(notes: Notes) -> None:
    await notes.note()
    changed = await notes.note(headers=notes.headers("k-1", "notes:write", "prices:read"))
    assert (409, "replay_unavailable") == (changed.status_code, changed.json()["code"])
    assert 1 == await notes.done()


@pytest.mark.parametrize("path", ["/v1/refused-notes", "/v1/half-notes"])
async def test_a_refusal_is_not_kept(notes: Notes, path: str) -> None:
    assert [409, 409] == [(await notes.note(path=path)).status_code for _ in range(2)]
    assert 0 == await notes.kept()
    assert {"/v1/refused-notes": 0, "/v1/half-notes": 2}[path] == await notes.done()


async def test_a_lost_answer_is_said_to_be_lost_and_nothing_is_done_twice(notes: Notes) -> None:
    work = asyncio.create_task(notes.note(path="/v1/hanging-notes"))
    await notes.until(notes.done, 1)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    soon = await notes.note(path="/v1/hanging-notes")
    assert (409, "idempotency_in_flight") == (soon.status_code, soon.json()["code"])
    assert "retry-after" in soon.headers
    async with notes.database.transaction() as tx:
        await tx.execute(text("UPDATE idempotency_key SET created_at = now() - interval '2 minutes'"))
    later = await notes.note(path="/v1/hanging-notes")
    assert (409, "replay_unavailable") == (later.status_code, later.json()["code"])
    assert 1 == await notes.done()


async def test_a_repeat_during_the_work_waits_for_it_and_gets_its_answer(notes: Notes) -> None:
    async with notes.database.transaction() as tx:
        # A lock that lets the key be written and holds the work up behind it.
        await tx.execute(text("LOCK TABLE note IN EXCLUSIVE MODE"))
        first = asyncio.create_task(notes.note())
        second = asyncio.create_task(notes.note())
        await asyncio.sleep(0.5)
        assert not first.done()
        assert not second.done()
    answers = await asyncio.gather(first, second)
    assert [(201, b"1")] * 2 == [(answer.status_code, answer.content) for answer in answers]


async def test_a_repeat_during_long_work_is_told_to_come_back(notes: Notes) -> None:
    async with notes.database.transaction() as tx:
        await tx.execute(text("LOCK TABLE note IN EXCLUSIVE MODE"))
        both = [asyncio.create_task(notes.note()) for _ in range(2)]
        await asyncio.wait(both, timeout=20, return_when=asyncio.FIRST_COMPLETED)
    answers = await asyncio.gather(*both)
    assert [201, 409] == sorted(answer.status_code for answer in answers)
    assert 1 == await notes.done()


async def test_a_key_is_kept_for_a_day(notes: Notes) -> None:
    for key, hours in (("old", 25), ("young", 23)):
        await notes.note(headers=notes.headers(key))
        async with notes.database.transaction() as tx:
            moved = f"UPDATE idempotency_key SET created_at = now() - interval '{hours} hours'"
            await tx.execute(text(f"{moved} WHERE key = '{key}'"))
    stop = asyncio.Event()
    cleaning = asyncio.create_task(Repeats(notes.database, KEYS).forget_old(stop))
    await notes.until(notes.kept, 1)
    stop.set()
    await cleaning
    await notes.note(headers=notes.headers("young"))
    assert 2 == await notes.done()
    await notes.note(headers=notes.headers("old"))
    assert 3 == await notes.done()


async def test_operations_that_an_endless_keeper_owns_are_not_forgotten(notes: Notes) -> None:
    await notes.note()
    async with notes.database.transaction() as tx:
        await tx.execute(text("UPDATE idempotency_key SET created_at = now() - interval '2 days'"))
    stop = asyncio.Event()
    keeping = Repeats(notes.database, KEYS, kept_for_ever=["note"])
    cleaning = asyncio.create_task(keeping.forget_old(stop))
    await asyncio.sleep(0.5)
    stop.set()
    await cleaning
    assert 1 == await notes.kept()


@pytest.mark.parametrize("key", ["", "x" * 201])
async def test_a_key_of_a_silly_length_is_refused(notes: Notes, key: str) -> None:
    answer = await notes.note(headers=notes.headers(key))
    assert (422, "Idempotency-Key") == (answer.status_code, answer.json()["errors"][0]["parameter"])


@pytest.mark.parametrize(
    ("path", "asking"),
    [
        ("/v1/public-notes", {}),
        ("/internal/v1/notes", {}),
        ("/admin/v1/secrets", {"caller": Caller.STAFF}),
    ],
    ids=str,
)
async def test_public_internal_and_secret_operations_keep_nothing(
    notes: Notes, path: str, asking: dict[str, Any]
) -> None:
    for _ in range(2):
        await notes.note(path=path, headers=notes.headers("k-1", **asking))
    assert (2, 0) == (await notes.done(), await notes.kept())


async def test_an_upload_is_streamed_and_keeps_nothing(notes: Notes) -> None:
    headers = notes.headers("k-1", "notes:feed", caller=Caller.CLIENT) | {"Content-Type": "text/csv"}
    for _ in range(2):
        await notes.http.post("/integration/v1/notes/imports", content=b"one", headers=headers)
    assert (2, 0) == (await notes.done(), await notes.kept())


async def test_the_contract_names_the_key_where_it_counts_and_nowhere_else(notes: Notes) -> None:
    document = (await notes.http.get("/internal/openapi.json")).json()
    taking = {
        operation["operationId"]
        for item in document["paths"].values()
        for operation in item.values()
        if any(each["name"] == "Idempotency-Key" for each in operation.get("parameters", ()))
    }
    assert {"note", "refuse_note", "half_note", "hanging_note"} == taking
    answers = document["paths"]["/v1/notes"]["post"]["responses"]
    assert ["idempotency_in_flight", "replay_unavailable"] == answers["409"]["x-problem-codes"]
    assert "idempotency_key_reused" in answers["422"]["x-problem-codes"]
