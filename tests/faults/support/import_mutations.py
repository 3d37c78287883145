"""Protections of imports, taken out one by one."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import TextClause, text
from starlette.requests import Request

import feeds.receiver
import feeds.statements
import feeds.sweep
import gateway.passing.pipe
from chassis.database import Database
from feeds.merge import Merge
from feeds.runner import FeedWorker


def merge_apart() -> None:
    """A chunk is merged in a transaction of its own, apart from the progress of its run."""
    databases: list[Database] = []
    begin, apply = FeedWorker.__init__, Merge.apply_staged

    def remember(worker: FeedWorker, database: Database, *args: Any, **named: Any) -> None:
        databases.append(database)
        begin(worker, database, *args, **named)

    async def apart(merge: Merge, _: Any, *args: Any) -> Any:
        async with databases[0].transaction() as tx:
            return await apply(merge, tx, *args)

    FeedWorker.__init__ = remember  # type: ignore[method-assign, assignment]
    Merge.apply_staged = apart  # type: ignore[method-assign, assignment]


def ignore_what_is_newer() -> None:
    """Chunks and sweeps no longer ask whether a row carries a greater receive sequence."""

    def careless(sql: str) -> TextClause:
        for asked, answer in (("t.received > ", "false"), ("t.received < ", "true")):
            sql = sql.replace(f"{asked}CAST(:received AS bigint)", answer)
        return text(sql)

    feeds.statements.text = careless  # type: ignore[attr-defined, assignment]
    feeds.sweep.text = careless  # type: ignore[attr-defined, assignment]


def collect_uploads() -> None:
    """The gateway reads a body whole before it passes it on, and a receiver stages an upload as one block."""
    counted = gateway.passing.pipe._counted

    async def collected(request: Request, limit: int) -> Any:
        for chunk in [chunk async for chunk in counted(request, limit)]:
            yield chunk

    gateway.passing.pipe._counted = collected
    feeds.receiver._Block.full = False  # type: ignore[method-assign, assignment]


IMPORT_MUTATIONS: Final[dict[str, Callable[[], None]]] = {
    function.__name__: function for function in (merge_apart, ignore_what_is_newer, collect_uploads)
}
