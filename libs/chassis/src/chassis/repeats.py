"""Repeats of a POST: under an `Idempotency-Key` its work is done once, and its answer given again for a day.

The key is written by the first transaction that the operation opens, so it is there exactly if the work is.
The answer exists only after the commit and follows it in a transaction of its own. A process that dies
between the two leaves a key without an answer: the work is never done again, the answer is lost.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from fastapi import Request, Response
from sqlalchemy import Table
from sqlalchemy.exc import DBAPIError

from chassis.database import Database, Transaction, accompanying
from chassis.idempotency import IdempotencyKeys
from chassis.loops import pause
from chassis.principal import Principal
from chassis.repeatable import HEADER, IdempotencyInFlight, IdempotentRequest, KeptAnswer, identify

KEPT: Final = timedelta(hours=24)
_WAIT_SECONDS: Final = 2.0
_LOOK_SECONDS: Final = 0.05
_CLEAN_SECONDS: Final = 600.0
_NOT_KEPT: Final = frozenset({"content-length"})
_log = structlog.get_logger(__name__)


class _Answered(Exception):  # noqa: N818 - no error: it ends the work of a request that is a repeat
    """Another request with this key was first, and this is its answer."""

    def __init__(self, answer: KeptAnswer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class _Key:
    """The key of one request, written along with its work."""

    def __init__(self, keys: IdempotencyKeys, request: IdempotentRequest) -> None:
        self._keys = keys
        self._request = request
        self.written = False

    async def begin(self, tx: Transaction) -> None:
        """Writes the key in the transaction, unless an earlier one of this request did and committed."""
        if not self.written:
            known = await self._keys.begin(tx, self._request)
            if known is not None:
                raise _Answered(known)

    def committed(self) -> None:
        """The transaction is in the database."""
        self.written = True


class Repeats:
    """The kept answers of one service. `kept_for_ever` names operations that keep theirs by themselves."""

    def __init__(self, database: Database, table: Table, *, kept_for_ever: Sequence[str] = ()) -> None:
        self._database = database
        self._keys = IdempotencyKeys(table, check_rights=True)
        self._kept_for_ever = kept_for_ever

    async def answer(
        self,
        request: Request,
        principal: Principal,
        operation: str,
        handle: Callable[[Request], Awaitable[Response]],
    ) -> Response:
        """What `handle` answers, or what it answered before under this key.

        An operation that opens no transaction changes nothing, so nothing is kept of it. Raises
        IdempotencyKeyReused, IdempotencyInFlight, ReplayUnavailable, Invalid.
        """
        identified = await identify(request, principal, operation, request.headers[HEADER])
        known = await self._known(identified)
        if known is not None:
            return _replayed(known)
        key = _Key(self._keys, identified)
        token = accompanying.set(key)
        try:
            response = await handle(request)
        except _Answered as first:
            return _replayed(first.answer)
        except IdempotencyInFlight:
            # Waiting for the key ends at the other's commit, a moment before its answer is kept.
            known = await self._known(identified)
            if known is None:
                raise
            return _replayed(known)
        except Exception:
            await self._settle(key, identified, None)
            raise
        finally:
            accompanying.reset(token)
        await self._settle(key, identified, response)
        return response

    async def _known(self, request: IdempotentRequest) -> KeptAnswer | None:
        """The kept answer; waits for one whose work is done and which is just being kept."""
        end = asyncio.get_running_loop().time() + _WAIT_SECONDS
        while True:
            try:
                async with self._database.read() as reader:
                    return await self._keys.recall(reader, request)
            except IdempotencyInFlight:
                if asyncio.get_running_loop().time() >= end:
                    raise
            await asyncio.sleep(_LOOK_SECONDS)

    async def _settle(self, key: _Key, request: IdempotentRequest, response: Response | None) -> None:
        """Keeps a good answer; frees the key of any other."""
        if not key.written:
            return
        try:
            async with self._database.transaction() as tx:
                if response is not None and 200 <= response.status_code < 300:
                    await self._keys.keep(tx, request, _kept(response))
                else:
                    await self._keys.free(tx, request)
        except (DBAPIError, OSError) as error:
            # The work stands and so does its answer; a repeat will be told that it was done.
            _log.warning("answer_not_kept", operation=request.operation, error=repr(error))

    async def forget_old(self, stop: asyncio.Event) -> None:
        """A loop of the worker: deletes what was kept for longer than a day."""
        while not stop.is_set():
            try:
                async with self._database.transaction() as tx:
                    await self._keys.forget(tx, datetime.now(UTC) - KEPT, self._kept_for_ever)
            except (DBAPIError, OSError) as error:
                _log.warning("kept_answers_stay", error=repr(error))
            await pause(stop, _CLEAN_SECONDS)


def _kept(response: Response) -> KeptAnswer:
    headers = {name: value for name, value in response.headers.items() if name not in _NOT_KEPT}
    return KeptAnswer(response.status_code, headers, bytes(response.body))


def _replayed(answer: KeptAnswer) -> Response:
    return Response(answer.body, answer.status, answer.headers)
