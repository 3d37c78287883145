"""Receiving an upload: bytes become staged rows, in constant memory; of a cut one nothing is applied."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import orjson
from sqlalchemy import text
from starlette.requests import ClientDisconnect

from chassis.clock import Clock
from chassis.database import Database, Transaction
from chassis.ids import new_id
from feeds.batch import unknown_fields
from feeds.feed import TableFeed
from feeds.fields import Note, Row, notes_json, unreadable
from feeds.lease import LEASE, keep_lease
from feeds.profiles import ImportProfile
from feeds.readers import BodyRefused, Inflater, Line, RowReader
from feeds.repository import RunRepository
from feeds.runs import Mode, OnRunChanged, Run, State
from feeds.sequence import take_sequence

BLOCK_ROWS = 4000
BLOCK_CHARACTERS = 8 * 1024 * 1024
_NOT_YET_DURABLE = text("SET LOCAL synchronous_commit = off")
_STAGING = ("received", "key", "line_number", "mask", "deleted", "cells", "warnings")
_RESULT = ("received", "line_number", "key", "status", "details")


@dataclass(frozen=True, kw_only=True)
class Upload:
    """Who sends what, and how it is to be read. `full`: for a preview, whether it stands for a full feed.

    References may name one of the `other_sources`.
    """

    client: str
    source: str
    mode: Mode
    scope: str = ""
    full: bool = False
    profile: ImportProfile = field(default_factory=ImportProfile)
    gzip: bool = False
    data_as_of: datetime | None = None
    other_sources: tuple[str, ...] = ()


class _Block:
    """Rows on their way into staging, with what they add to the run's counts."""

    def __init__(self) -> None:
        self.staged: list[tuple[Any, ...]] = []
        self.results: list[tuple[Any, ...]] = []
        self.lines = 0
        self.characters = 0
        self.unreadable = 0
        self.warned = 0

    @property
    def full(self) -> bool:
        """Whether it is time to write it: rows may be many, or large."""
        return self.lines >= BLOCK_ROWS or self.characters >= BLOCK_CHARACTERS


class Receiver:
    """Takes uploads of one service's feeds."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        runs: RunRepository,
        *,
        max_bytes: int,
        on_run_changed: OnRunChanged,
    ) -> None:
        self._database = database
        self._clock = clock
        self._runs = runs
        self._max_bytes = max_bytes
        self._on_run_changed = on_run_changed

    async def receive(self, feed: TableFeed, upload: Upload, body: AsyncIterator[bytes]) -> Run:
        """Stages a whole upload. The run is staged or failed when this returns; a cut connection raises."""
        run = await self._begin(feed, upload)
        try:
            async with keep_lease(self._database, self._clock, self._runs, run.id, run.id):
                reader = await self._stage(feed, upload, run, body)
        except BodyRefused as refused:
            return await self._fail(run, refused.code, refused.message)
        except (ClientDisconnect, asyncio.CancelledError):
            await asyncio.shield(self._fail(run, "body_incomplete", "The upload was cut off."))
            raise
        except BaseException:
            await asyncio.shield(self._fail(run, "internal_error", "Receiving failed; send it again."))
            raise
        return await self._finish(run, upload, reader)

    async def _begin(self, feed: TableFeed, upload: Upload) -> Run:
        now, run_id = self._clock.now(), new_id()
        async with self._database.transaction() as tx:
            received = await take_sequence(tx, feed.resource, for_run=True)
            values = {
                "id": run_id,
                "received": received,
                "resource": feed.resource,
                "client": upload.client,
                "source": upload.source,
                "scope": upload.scope,
                "mode": upload.mode,
                "full": upload.full or upload.mode is Mode.FULL,
                "state": State.RECEIVING,
                "profile": upload.profile.model_dump(mode="json"),
                "created_at": now,
                "data_as_of": upload.data_as_of,
                "lease_owner": run_id,
                "lease_until": now + LEASE,
            }
            await self._runs.add(tx, values)
            run = await self._runs.get(tx, run_id)
            assert run is not None, "it was just written"
            await self._on_run_changed(tx, run)
        return run

    async def _stage(
        self, feed: TableFeed, upload: Upload, run: Run, body: AsyncIterator[bytes]
    ) -> RowReader:
        reader = RowReader(upload.profile, feed.schema, upload.source)
        block = _Block()
        writing: asyncio.Task[None] | None = None
        try:
            async for lines in self._line_blocks(reader, upload, body):
                self._take(feed, upload, run, lines, block, reader.unknown)
                if block.full:
                    # One block is written while the next is parsed: two cores, two blocks in memory.
                    if writing is not None:
                        await writing
                    writing, block = asyncio.create_task(self._write(run, block)), _Block()
            if writing is not None:
                await writing
            writing = None
            await self._write(run, block)
        finally:
            if writing is not None:
                with suppress(asyncio.CancelledError):
                    await asyncio.gather(writing, return_exceptions=True)
        return reader

    async def _line_blocks(
        self, reader: RowReader, upload: Upload, body: AsyncIterator[bytes]
    ) -> AsyncIterator[Sequence[Line]]:
        taken = 0
        inflater = Inflater() if upload.gzip else None
        async for data in body:
            taken += len(data)
            if taken > self._max_bytes:
                raise BodyRefused("body_too_large", f"At most {self._max_bytes} bytes.")
            for piece in inflater.feed(data) if inflater else (data,):
                yield reader.feed(piece)
        if inflater:
            inflater.close()
        yield reader.close()

    def _take(
        self,
        feed: TableFeed,
        upload: Upload,
        run: Run,
        lines: Sequence[Line],
        block: _Block,
        unknown: set[str],
    ) -> None:
        read = partial(feed.schema.read, source=upload.source, unknown=unknown, others=upload.other_sources)
        dumps, received = orjson.dumps, run.received
        for number, row, problem in lines:
            block.lines += 1
            if type(row) is Row:
                found = row
            elif problem is None:
                found = read(row)
            else:
                found = _with_problem(read(row) if row is not None else None, problem)
            warnings = notes_json(found.warnings)
            if found.cells is not None:
                cells = dumps(found.cells).decode()
                block.characters += len(cells)
                block.staged.append((received, found.key, number, found.mask, found.deleted, cells, warnings))
                continue
            if found.key is None:
                block.unreadable += 1
            else:
                block.staged.append((received, found.key, number, 0, False, None, None))
            block.warned += found.warnings is not None
            block.results.append((received, number, found.key, "rejected", _details(found)))

    async def _write(self, run: Run, block: _Block) -> None:
        if not block.lines:
            return
        async with self._database.transaction() as tx:
            # Nobody was promised anything yet: the last transaction of the upload makes all of them durable.
            await tx.execute(_NOT_YET_DURABLE)
            await self._still_ours(tx, run)
            if block.staged:
                await tx.copy("import_staging", _STAGING, block.staged)
            if block.results:
                await tx.copy("import_result", _RESULT, block.results)
            added = {
                "lines": block.lines,
                "staged": block.lines - len(block.results),
                "rejected": len(block.results),
                "warnings": block.warned,
            }
            await self._runs.set(
                tx,
                run.id,
                {"keys_unreadable": self._runs.unreadable_plus(block.unreadable)},
                added,
            )

    async def _finish(self, run: Run, upload: Upload, reader: RowReader) -> Run:
        now = self._clock.now()
        notes = [note._asdict() for note in unknown_fields(reader.unknown)]
        staged: Mapping[str, Any] = {
            "state": State.STAGED,
            "received_at": now,
            "notes": notes,
            "data_as_of": upload.data_as_of or run.created_at,
            "lease_owner": None,
            "lease_until": None,
        }
        async with self._database.transaction() as tx:
            await self._still_ours(tx, run)
            if upload.mode is Mode.FULL:
                for held in await self._runs.held_before(tx, run):
                    reason = {"code": "superseded", "by": run.id}
                    values = {"state": State.SUPERSEDED, "reason": reason, "finished_at": now}
                    await self._on_run_changed(tx, await self._runs.set(tx, held, values))
            done = await self._runs.set(tx, run.id, staged)
            await self._on_run_changed(tx, done)
        return done

    async def _still_ours(self, tx: Transaction, run: Run) -> None:
        """A process that stood still may find its run given up by a worker."""
        if await self._runs.owned(tx, run.id, run.id) is None:
            raise BodyRefused("body_incomplete", "Receiving stood still too long.")

    async def _fail(self, run: Run, code: str, message: str) -> Run:
        values = {
            "state": State.FAILED,
            "reason": {"code": code, "message": message},
            "finished_at": self._clock.now(),
            "lease_owner": None,
            "lease_until": None,
        }
        async with self._database.transaction() as tx:
            failed = await self._runs.set(tx, run.id, values)
            await self._on_run_changed(tx, failed)
        return failed


def _with_problem(row: Row | None, problem: Note) -> Row:
    """A row of which a cell could not be read: refused, with the key it still names."""
    if row is None:
        return unreadable(problem)
    others = [error for error in row.errors or () if error.pointer != problem.pointer]
    return row._replace(cells=None, errors=[problem, *others])


def _details(row: Row) -> str:
    found: dict[str, Any] = {"errors": [note._asdict() for note in row.errors or ()]}
    if row.warnings:
        found["warnings"] = [note._asdict() for note in row.warnings]
    return orjson.dumps(found).decode()
