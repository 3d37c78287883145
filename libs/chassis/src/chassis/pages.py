"""Keyset pages: opaque signed cursors that belong to their filters, and the envelope of every list."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import quote, urlencode

import orjson
from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from chassis.failures import FieldError, Invalid
from chassis.values import Digits

Item = TypeVar("Item")
Row = TypeVar("Row")

Limit = Annotated[int, Digits, Query(ge=1, le=200, description="How many items at most.")]
CursorText = Annotated[
    str | None, Query(max_length=2000, description="`next_cursor` of the page before; with the same filters.")
]


class CursorInvalid(Invalid):
    """The cursor was not made here, or for other filters."""

    status = 400
    code = "cursor_invalid"
    title = "This cursor does not belong to this list"

    def __init__(self) -> None:
        super().__init__(
            errors=[FieldError("cursor_invalid", "start again without a cursor", parameter="cursor")]
        )


class Page(BaseModel, Generic[Item]):
    """One page of a list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    items: list[Item]
    next_cursor: str | None


class Cursors:
    """Makes and reads cursors: a position, bound to what the list was asked for, signed."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"cursor\0" + secret.encode()).digest()

    def write(self, position: Sequence[Any], binding: object) -> str:
        """A cursor that goes on behind `position` (JSON values) in the list described by `binding`."""
        body = orjson.dumps([list(position), _fingerprint(binding)])
        return base64.urlsafe_b64encode(self._sign(body) + body).decode().rstrip("=")

    def read(self, cursor: str | None, binding: object) -> list[Any] | None:
        """The position in a cursor, None without one. Raises CursorInvalid."""
        if cursor is None:
            return None
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError as error:
            raise CursorInvalid from error
        signature, body = raw[:16], raw[16:]
        if not hmac.compare_digest(signature, self._sign(body)):
            raise CursorInvalid
        position, fingerprint = orjson.loads(body)
        if fingerprint != _fingerprint(binding):
            raise CursorInvalid
        return list(position)

    def _sign(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:16]


def _fingerprint(binding: object) -> str:
    return hashlib.sha256(orjson.dumps(binding, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


class Paging:
    """Where a page starts, how long it is, and the page itself."""

    def __init__(self, request: Request, response: Response, limit: int, cursor: str | None) -> None:
        self._request = request
        self._response = response
        self._cursors: Cursors = request.app.state.cursors
        self._cursor = cursor
        self._binding: list[object] = []
        self.limit = limit

    def after(self, *binding: object) -> list[Any] | None:
        """The position behind which the page starts, None for the first page.

        `binding` is the name of the list and every filter: a cursor of another list is refused with
        CursorInvalid.
        """
        self._binding = list(binding)
        return self._cursors.read(self._cursor, self._binding)

    def page(
        self, rows: Sequence[Row], show: Callable[[Row], Item], position: Callable[[Row], Sequence[Any]]
    ) -> Page[Item]:
        """The page of rows read with `limit + 1`; sets `Link: rel="next"` (RFC 8288) when more follow."""
        shown = rows[: self.limit]
        next_cursor = None
        if len(rows) > self.limit:
            next_cursor = self._cursors.write(position(shown[-1]), self._binding)
            self._response.headers["Link"] = f'<{self._address_of(next_cursor)}>; rel="next"'
        return Page(items=[show(row) for row in shown], next_cursor=next_cursor)

    def _address_of(self, cursor: str) -> str:
        """Path and query of the next page; from the scope, because `request.url` believes the Host header."""
        kept = [(name, value) for name, value in self._request.query_params.multi_items() if name != "cursor"]
        return f"{quote(self._request.scope['path'])}?{urlencode([*kept, ('cursor', cursor)])}"


async def paging(
    request: Request, response: Response, limit: Limit = 50, cursor: CursorText = None
) -> Paging:
    """Dependency of every list operation."""
    return Paging(request, response, limit, cursor)


Paged = Annotated[Paging, Depends(paging)]
