"""Kept answers in PostgreSQL: the same request again gets the same bytes, written with the work.

Insert first, look after: a look before an insert lets two at once through.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    delete,
    func,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import ReturningInsert

from chassis.database import Reader, Transaction
from chassis.repeatable import (
    IdempotencyInFlight,
    IdempotencyKeyReused,
    IdempotentRequest,
    KeptAnswer,
    ReplayUnavailable,
)

_LOCK_NOT_AVAILABLE: Final = "55P03"
# No request takes that long: a key that has no answer after it will never have one.
_LOST_AFTER: Final = text("interval '1 minute'")


def idempotency_table(metadata: MetaData) -> Table:
    """The table of kept answers, part of a service's own database."""
    return Table(
        "idempotency_key",
        metadata,
        Column("principal", Text, primary_key=True),
        Column("operation", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("request_hash", LargeBinary, nullable=False),
        Column("permissions_hash", LargeBinary, nullable=False),
        Column("status", Integer),
        Column("headers", JSONB),
        Column("body", LargeBinary),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now(), index=True),
    )


def _take(table: Table) -> ReturningInsert[Any]:
    """The insert of a key, in one statement with the patience it has; no row where the key is taken.

    What comes later in the transaction waits as long as it has to, so a key that was written ends the limit.
    """
    names = ("principal", "operation", "key", "request_hash", "permissions_hash")
    patience = (
        select(func.set_config("lock_timeout", "2s", true())).cte("patience").prefix_with("MATERIALIZED")
    )
    given = select(*(bindparam(name, type_=table.c[name].type) for name in names)).select_from(patience)
    return (
        insert(table)
        .from_select(names, given)
        .on_conflict_do_nothing()
        .returning(func.set_config("lock_timeout", "0", true()))
    )


class IdempotencyKeys:
    """Kept answers. `check_rights` refuses a replay to a caller whose permissions changed."""

    def __init__(self, table: Table, *, check_rights: bool) -> None:
        self._table = table
        self._check_rights = check_rights
        self._take = _take(table)

    async def recall(self, reader: Reader, request: IdempotentRequest) -> KeptAnswer | None:
        """The answer given before, None if the key was never used.

        Raises IdempotencyKeyReused, ReplayUnavailable, and IdempotencyInFlight where the work is done and
        its answer not kept yet.
        """
        lost = (func.now() - self._table.c.created_at > _LOST_AFTER).label("lost")
        row = await reader.first(select(self._table, lost).where(*self._is(request)))
        if row is None:
            return None
        if row["request_hash"] != request.request_hash:
            raise IdempotencyKeyReused
        if self._check_rights and row["permissions_hash"] != request.permissions_hash:
            raise ReplayUnavailable("your permissions are not those it was done with")
        if row["status"] is None:
            raise (
                ReplayUnavailable("its answer was lost")
                if row["lost"]
                else IdempotencyInFlight(retry_after=2)
            )
        return KeptAnswer(row["status"], row["headers"], row["body"])

    async def begin(self, tx: Transaction, request: IdempotentRequest) -> KeptAnswer | None:
        """Takes the key for this transaction; an answer if another one finished first.

        Waits at most two seconds for one that is under way. Raises IdempotencyInFlight, and what
        `recall` raises.
        """
        try:
            taken = await tx.first(self._take, asdict(request))
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
                raise IdempotencyInFlight(retry_after=2) from error
            raise
        return None if taken else await self.recall(tx, request)

    async def keep(self, tx: Transaction, request: IdempotentRequest, answer: KeptAnswer) -> None:
        """Keeps the answer; it becomes visible with the work, when the transaction commits."""
        await tx.execute(
            update(self._table)
            .where(*self._is(request))
            .values(status=answer.status, headers=answer.headers, body=answer.body)
        )

    async def free(self, tx: Transaction, request: IdempotentRequest) -> None:
        """Gives up a key without an answer: the next request with it does the work."""
        await tx.execute(delete(self._table).where(*self._is(request), self._table.c.status.is_(None)))

    async def forget(self, tx: Transaction, before: datetime, kept_for_ever: Sequence[str]) -> int:
        """Deletes what was kept before the moment, these operations apart; returns how many."""
        table = self._table
        return await tx.execute(
            delete(table).where(table.c.created_at < before, table.c.operation.not_in(kept_for_ever))
        )

    def _is(self, request: IdempotentRequest) -> tuple[ColumnElement[bool], ...]:
        columns = self._table.c
        return (
            columns.principal == request.principal,
            columns.operation == request.operation,
            columns.key == request.key,
        )
