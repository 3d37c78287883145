"""The batch operation: up to 1,000 rows merged in one transaction, with one result per item in order."""

from collections.abc import Collection, Sequence
from typing import Any

import orjson
from pydantic import BaseModel
from sqlalchemy import text

from chassis.clock import Clock, milliseconds
from chassis.database import Database, Transaction
from feeds.feed import TableFeed
from feeds.fields import NOTHING, SEPARATOR, Note, Row, notes_json
from feeds.merge import RETRIES, Merge, Origin, StagedRow, must_retry
from feeds.sequence import older_run_open, take_sequence

MAX_ITEMS = 1000


class RowNote(BaseModel):
    """A warning or an error; `pointer` is a JSON pointer into the row."""

    pointer: str
    code: str
    message: str


class UnresolvedReference(BaseModel):
    """A reference to something not yet received; it resolves itself when that comes."""

    pointer: str
    source: str | None
    external_id: str | None


class BatchResult(BaseModel):
    """What became of one item."""

    index: int
    external_id: str | None
    status: str
    unresolved: list[UnresolvedReference] = []
    warnings: list[RowNote] = []
    errors: list[RowNote] = []


class BatchAnswer(BaseModel):
    """Counts by status and one result per item; `warnings` are about the batch as a whole."""

    counts: dict[str, int]
    warnings: list[RowNote] = []
    results: list[BatchResult]


STATUSES = ("created", "updated", "unchanged", "discontinued", "skipped_newer", "rejected")


def unknown_fields(unknown: set[str]) -> list[Note]:
    """The one warning a run or batch gives about fields nobody knows."""
    if not unknown:
        return []
    names = ", ".join(sorted(unknown)[:20])
    return [Note("", "unknown_fields", f"Ignored because nobody knows them: {names}.")]


class Batch:
    """Merges small sets of rows at once."""

    def __init__(self, database: Database, clock: Clock, feed: TableFeed) -> None:
        self._database = database
        self._clock = clock
        self._feed = feed
        self._merge = Merge(feed)

    async def write(
        self, items: Sequence[Any], *, source: str, scope: str = "", others: Collection[str] = ()
    ) -> BatchAnswer:
        """Merges decoded items of `source`; a bad row never stops the good ones.

        References may name one of the `others` instead of `source`.
        """
        for attempt in range(RETRIES):
            try:
                async with self._database.transaction() as tx:
                    return await self.write_in(
                        tx, items, source=source, scope=scope, others=others, lock_first=attempt > 0
                    )
            except Exception as error:
                if attempt == RETRIES - 1 or not must_retry(error):
                    raise
        raise AssertionError("the last attempt returns or raises")

    async def write_in(
        self,
        tx: Transaction,
        items: Sequence[Any],
        *,
        source: str,
        scope: str = "",
        others: Collection[str] = (),
        lock_first: bool = False,
    ) -> BatchAnswer:
        """The same inside the caller's transaction.

        It may raise `Raced`: then the caller runs its transaction again, with `lock_first`.
        """
        unknown: set[str] = set()
        read = [self._feed.schema.read(item, source, unknown, others) for item in items]
        rows = [
            StagedRow(
                index,
                row.key,
                row.mask,
                row.deleted,
                orjson.dumps(row.cells).decode(),
                notes_json(row.warnings),
            )
            for index, row in enumerate(read)
            if row.key is not None and row.cells is not None
        ]
        await tx.execute(text("SET LOCAL lock_timeout = '30s'"))
        received = await take_sequence(tx, self._feed.resource)
        origin = Origin(
            received=received,
            source=source,
            scope=scope,
            run_id=None,
            full=False,
            stamp=await older_run_open(tx, self._feed.resource, received),
            now_ms=milliseconds(self._clock.now()),
            lock_first=lock_first,
        )
        merged = (
            {row["line_number"]: row for row in await self._merge.apply_given(tx, origin, rows)}
            if rows
            else {}
        )
        results = [
            _result(index, merged[index]) if index in merged else _refused(index, row)
            for index, row in enumerate(read)
        ]
        counts = dict.fromkeys(STATUSES, 0)
        for result in results:
            counts[result.status] += 1
        warnings = [RowNote(**note._asdict()) for note in unknown_fields(unknown)]
        return BatchAnswer(counts=counts, warnings=warnings, results=results)


def _result(index: int, merged: Any) -> BatchResult:
    details = merged["details"] or {}
    return BatchResult(
        index=index,
        external_id=shown_key(merged["key"]),
        status=merged["status"],
        unresolved=details.get("unresolved", []),
        warnings=details.get("warnings", []),
        errors=details.get("errors", []),
    )


def _refused(index: int, row: Row) -> BatchResult:
    return BatchResult(
        index=index,
        external_id=shown_key(row.key),
        status="rejected",
        warnings=[RowNote(**note._asdict()) for note in row.warnings or ()],
        errors=[RowNote(**note._asdict()) for note in row.errors or ()],
    )


def shown_key(key: str | None) -> str | None:
    """A key as people read it."""
    return None if key is None else key.replace(SEPARATOR, " / ").replace(NOTHING, "-")
