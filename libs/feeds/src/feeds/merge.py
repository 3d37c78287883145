"""The one merge path: a chunk of rows becomes creations, updates and results, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import asyncpg
import orjson
from sqlalchemy import RowMapping
from sqlalchemy.exc import DBAPIError

from chassis.database import Transaction
from feeds.feed import Chunk, TableFeed
from feeds.runs import Lane
from feeds.statements import Statements
from feeds.sweep import Sweep

CHUNK_ROWS = 2000
RETRIES = 8


class Raced(Exception):  # noqa: N818 - it is an instruction to run the chunk's transaction again, not a failure
    """Another writer came between looking and writing: the transaction must be rolled back and run again."""


def must_retry(error: BaseException) -> bool:
    """Whether running the same transaction again is the answer: after a race or a deadlock."""
    if isinstance(error, Raced):
        return True
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig is not None else error
    return isinstance(
        cause, asyncpg.DeadlockDetectedError | asyncpg.SerializationError | asyncpg.UniqueViolationError
    )


class StagedRow(NamedTuple):
    """One checked row on its way into a chunk; `cells` and `warnings` are JSON texts."""

    line_number: int
    key: str
    mask: int
    deleted: bool
    cells: str
    warnings: str | None


@dataclass
class Outcome:
    """What a chunk did. `last` is the (key, line) it ended with, None when it was empty."""

    rows: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    last: tuple[str, int] | None = None


COUNTED = (
    "created", "updated", "unchanged", "discontinued", "skipped_newer", "rejected", "warnings", "unresolved",
)  # fmt: skip


@dataclass(frozen=True)
class Origin:
    """Who writes: the receive sequence, the ERP's name, the scope label, and the run (None for a batch).

    `stamp`: unchanged rows take the sequence too, because an older run is still open.
    `lock_first`: rows are locked before they are looked at, because a first attempt was raced.
    """

    received: int
    source: str
    scope: str
    run_id: str | None
    full: bool
    stamp: bool
    now_ms: int
    lock_first: bool = False


@dataclass(frozen=True)
class Merge:
    """Runs a feed's chunks. Raises `Raced` when the transaction must be run again."""

    feed: TableFeed

    @cached_property
    def statements(self) -> Statements:
        """The generated SQL of chunks."""
        return Statements(self.feed)

    @cached_property
    def sweep(self) -> Sweep:
        """The generated SQL over whole runs."""
        return Sweep(self.feed)

    async def apply_staged(self, tx: Transaction, origin: Origin, lane: Lane) -> Outcome:
        """Merges the next chunk of a lane and stores its results."""
        await self._by_index(tx, on=True)
        await self._load_staged(tx, origin, lane)
        await self._prepare(tx, origin, preview=False)
        params = _params(origin)
        if origin.lock_first:
            await tx.scalar(self.statements.lock, {"source": origin.source})
        found = await tx.first(self.statements.apply, params)
        await self._by_index(tx, on=False)
        assert found is not None, "an aggregate has one row"
        _check_written(found["expected"], found["written"])
        if found["publish"]:
            await self._changed(tx, found["publish"])
        if not found["rows"]:
            return Outcome()
        return Outcome(
            found["rows"], {name: found[name] for name in COUNTED}, (found["last_key"], found["last_line"])
        )

    async def preview_staged(self, tx: Transaction, origin: Origin, lane: Lane) -> Outcome:
        """Says what the next chunk would do and stores that; nothing else is kept."""
        found: Sequence[RowMapping] = []
        last: RowMapping | None = None
        try:
            async with tx.savepoint():
                await self._by_index(tx, on=True)
                await self._load_staged(tx, origin, lane)
                await self._prepare(tx, origin, preview=True)
                found = await tx.all(self.statements.preview, _params(origin))
                last = await tx.first(self.statements.last_of_chunk)
                raise _Undone
        except _Undone:
            pass
        if last is None:
            return Outcome()
        records = [
            (
                origin.received,
                row["line_number"],
                row["key"],
                row["status"],
                _json_text(row["details"]),
            )
            for row in found
        ]
        await tx.copy("import_result", ("received", "line_number", "key", "status", "details"), records)
        return Outcome(len(found), counts_of(found), (last["key"], last["line_number"]))

    async def apply_given(
        self, tx: Transaction, origin: Origin, rows: Sequence[StagedRow]
    ) -> Sequence[RowMapping]:
        """Merges these rows; returns line_number, key, status, target_id and details of each."""
        await self._by_index(tx, on=True)
        await tx.execute(self.statements.create_chunk)
        await tx.execute(
            self.statements.load_given,
            {
                "lines": [row.line_number for row in rows],
                "keys": [row.key for row in rows],
                "masks": [row.mask for row in rows],
                "deleted": [row.deleted for row in rows],
                "rows": [row.cells for row in rows],
                "warnings": [row.warnings for row in rows],
                "size": len(rows),
            },
        )
        await self._prepare(tx, origin, preview=False)
        params = _params(origin)
        if origin.lock_first:
            await tx.scalar(self.statements.lock, {"source": origin.source})
        found = await tx.all(self.statements.apply_returning, params)
        await self._by_index(tx, on=False)
        if found:
            _check_written(sum(row["expected"] for row in found), found[0]["written"])
        publish = [(row["key"], row["target_id"]) for row in found if row["publish"]]
        if publish:
            await self._changed(tx, [target for _, target in sorted(publish)])
        return found

    async def discontinue_missing(
        self, tx: Transaction, origin: Origin, after_id: str, already: int, *, preview: bool
    ) -> tuple[int, str]:
        """Marks the next rows a full run did not name; returns how many and the last id ("" at the end)."""
        statement = self.sweep.preview_discontinue if preview else self.sweep.discontinue
        params = _params(origin) | {"after_id": after_id, "already": already, "size": CHUNK_ROWS}
        found = await tx.first(statement, params)
        assert found is not None, "an aggregate has one row"
        if found["ids"] and not preview:
            await self._changed(tx, found["ids"])
        return found["rows"], found["last_id"] or ""

    async def _load_staged(self, tx: Transaction, origin: Origin, lane: Lane) -> None:
        await tx.execute(self.statements.create_chunk)
        await tx.execute(
            self.statements.load_staged,
            {
                "received": origin.received,
                "after_key": lane.key,
                "after_line": lane.line,
                "until": lane.until,
                "size": CHUNK_ROWS,
            },
        )

    async def _prepare(self, tx: Transaction, origin: Origin, *, preview: bool) -> None:
        if self.feed.prepare is not None:
            await self.feed.prepare(
                tx, Chunk(self.feed, origin.source, origin.scope, origin.received, preview)
            )

    async def _by_index(self, tx: Transaction, *, on: bool) -> None:
        await tx.execute(self.statements.by_index, {"value": "off" if on else "on"})

    async def _changed(self, tx: Transaction, ids: Sequence[str]) -> None:
        if self.feed.changed is not None:
            await self.feed.changed(tx, ids)


class _Undone(Exception):  # noqa: N818 - the way out of a savepoint that is always rolled back
    pass


def _check_written(expected: int, written: int) -> None:
    if expected != written:
        raise Raced


def _params(origin: Origin) -> dict[str, Any]:
    return {
        "received": origin.received,
        "source": origin.source,
        "scope": origin.scope,
        "run_id": origin.run_id,
        "full": origin.full,
        "stamp": origin.stamp,
        "now": origin.now_ms,
    }


def counts_of(rows: Sequence[RowMapping]) -> dict[str, int]:
    """Counts of returned rows by outcome, as `import_run` keeps them."""
    counts = dict.fromkeys(COUNTED, 0)
    for row in rows:
        counts[row["status"]] += 1
        counts["warnings"] += bool(row["warned"])
        counts["unresolved"] += bool(row["unresolved"])
    return counts


def _json_text(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()
