"""Idempotency-Key: the same request again gets the same bytes, from the same transaction that did the work.

draft-ietf-httpapi-idempotency-key-header. The key's scope is principal and operation. Insert first, look
after: a look before an insert lets two at once through.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

import orjson
from fastapi import Header, Request
from sqlalchemy import (
    Column,
    ColumnElement,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.exc import DBAPIError

from chassis.database import Reader, Transaction
from chassis.failures import Conflict, FieldError, Invalid
from chassis.principal import Principal

HEADER: Final = "Idempotency-Key"
_LONGEST_KEY: Final = 200
_LOCK_NOT_AVAILABLE: Final = "55P03"
# No request takes that long: a key that has no answer after it will never have one.
_LOST_AFTER: Final = text("interval '1 minute'")


class IdempotencyKeyRequired(Invalid):
    """This operation must be repeatable, so it needs a key."""

    status = 400
    code = "idempotency_key_required"
    title = "Send an Idempotency-Key header, so that this can be repeated safely"


class IdempotencyKeyReused(Invalid):
    """The key was used for another request."""

    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for a different request"


class IdempotencyInFlight(Conflict):
    """The first request with this key is still being answered."""

    code = "idempotency_in_flight"
    title = "The first request with this Idempotency-Key is still being answered"


class ReplayUnavailable(Conflict):
    """It was done, but its answer is lost, or kept for other rights than the caller has now."""

    code = "replay_unavailable"
    title = "It was done; its answer cannot be given again"


@dataclass(frozen=True)
class IdempotentRequest:
    """One request that may come again: who, what, under which key, with which content and rights."""

    principal: str
    operation: str
    key: str
    request_hash: bytes
    permissions_hash: bytes


@dataclass(frozen=True)
class KeptAnswer:
    """An answer as it was first given."""

    status: int
    headers: dict[str, str]
    body: bytes


IdempotencyKeyHeader = Annotated[
    str | None,
    Header(
        alias=HEADER,
        min_length=1,
        max_length=_LONGEST_KEY,
        description="Makes repeating this request safe.",
    ),
]


async def identify(
    request: Request, principal: Principal, operation: str, key: str | None
) -> IdempotentRequest:
    """The request as it is remembered. Raises IdempotencyKeyRequired, Invalid."""
    if key is None:
        raise IdempotencyKeyRequired(
            errors=[FieldError("idempotency_key_required", "missing", parameter=HEADER)]
        )
    if not 1 <= len(key) <= _LONGEST_KEY:
        raise Invalid(errors=[FieldError("key_length", f"1 to {_LONGEST_KEY} characters", parameter=HEADER)])
    body = await request.body()
    # From the scope: `request.url` is built from the Host header, which is the caller's.
    path = request.scope["path"].encode("utf-8", "surrogatepass")
    rights = orjson.dumps(sorted(principal.permissions))
    return IdempotentRequest(
        principal=f"{principal.caller.value}:{principal.subject}",
        operation=operation,
        key=key,
        request_hash=hashlib.sha256(b"\0".join((path, request.scope["query_string"], body))).digest(),
        permissions_hash=hashlib.sha256(rights).digest(),
    )


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


class IdempotencyKeys:
    """Kept answers. `check_rights` refuses a replay to a caller whose permissions changed."""

    def __init__(self, table: Table, *, check_rights: bool) -> None:
        self._table = table
        self._check_rights = check_rights

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
        await tx.execute(text("SET LOCAL lock_timeout = '2s'"))
        statement = insert(self._table).values(
            principal=request.principal,
            operation=request.operation,
            key=request.key,
            request_hash=request.request_hash,
            permissions_hash=request.permissions_hash,
        )
        try:
            taken = await tx.execute(statement.on_conflict_do_nothing())
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
                raise IdempotencyInFlight(retry_after=2) from error
            raise
        await tx.execute(text("SET LOCAL lock_timeout = 0"))
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
