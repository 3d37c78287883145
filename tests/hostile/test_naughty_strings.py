"""The naughty strings in every free text: refused by name, or kept and given back unchanged; never a 5xx.

A request fills all its free texts at once, each with another string; over all requests of an operation every
string comes to every one of them. `make test` sends a part of them, another for each operation.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Final
from urllib.parse import quote

from tests.hostile.cases import CLOSED_LISTS, ENDING, EVERY, FORMED, NAUGHTY
from tests.hostile.sending import Answer, Sender, each, judged, listed, parts
from tests.hostile.stored import untouched
from tests.support.contract import OPERATIONS, Operation
from tests.support.examples import Examples, Field, Pointer, Request, kind_of
from tests.support.known import Known
from tests.support.system import System

_STRIDE: Final = 7

NEVER_KEPT: Final = {
    "accept_invitation": "names a link that nobody was sent",
    "complete_password_reset": "names a link that nobody was sent",
    "ask_for_password_reset": "has no text without a form of its own",
    "claim_order_exports": "has no text without a form of its own",
    "log_in": "the password is not right",
    "log_in_staff": "the password is not right",
    "refresh_login": "the token is nobody's",
    "refresh_staff_login": "the token is nobody's",
    "reject_order_export": "the export is in no state for it",
    "resolve_prices_by_key": "keeps nothing, and knows no such account",
}
"""Operations that accept none of the strings; every other one keeps some, and they are read again."""


@dataclass(frozen=True)
class Attempt:
    """A request, and the string at each of its places."""

    request: Request
    texts: tuple[tuple[Field, str], ...]

    def __str__(self) -> str:
        return f"{self.request.operation} {[(place.name, text[:60]) for place, text in self.texts]}"


def _written(known: Known) -> Iterator[Attempt]:
    """Bodies of channels and staff; batches and files of an ERP carry all strings in test_imports."""
    taking = [
        written_to(known, number, operation)
        for number, operation in enumerate(OPERATIONS)
        if not operation.id.startswith("write_") and operation.id not in ENDING
    ]
    # In turn, since an object can be changed by one at a time.
    for turn in zip_longest(*taking):
        yield from (attempt for attempt in turn if attempt is not None)


def written_to(known: Known, number: int, operation: Operation) -> Iterator[Attempt]:
    """Requests of one operation that bring the strings to its texts: free ones together, others in turn.

    A text of a form of its own refuses a request, and what is beside it would never be kept.
    """
    ids = known.ids_for(operation)
    _, fields = Examples(ids).of(operation)
    texts = [place for place in fields if place.kind in ("text", "form") and not _among(place, CLOSED_LISTS)]
    free = [place for place in texts if place.kind == "text" and not _among(place, FORMED)]
    forms = [place for place in texts if place not in free]
    for first in range(number % EVERY, len(NAUGHTY), EVERY):
        # Its own mark, so that nothing is refused because it is there already.
        request, _ = Examples(ids, mark=f"naughty-{number}-{first}").of(operation)
        for places in (free, forms and [forms[first % len(forms)]]):
            chosen = tuple(
                (place, NAUGHTY[(first + _STRIDE * at) % len(NAUGHTY)]) for at, place in enumerate(places)
            )
            if chosen:
                yield Attempt(_filled(request, chosen), chosen)


def _among(place: Field, names: Collection[str]) -> bool:
    return any(str(part) in names for part in place.pointer)


def _filled(request: Request, chosen: Sequence[tuple[Field, str]]) -> Request:
    for place, text in chosen:
        request = request.with_value(place.pointer, json.dumps(text))
    return request


async def _current(http: Sender, request: Request) -> Request:
    """With the version that is there, so that the change is really made."""
    operation = request.operation
    if "If-Match" not in request.headers:
        return request
    path = (
        request.path.removesuffix("/names")
        .removesuffix("/move")
        .removesuffix("/replay")
        .removesuffix("/decide")
    )
    found = await _read(http, operation, path)
    headers = request.headers | {"If-Match": found.headers.get("ETag", '"1"')}
    return Request(operation, request.path, request.query, headers, request.body)


async def _read(http: Sender, operation: Operation, path: str) -> Answer:
    return await http.raw(Operation(operation.surface, "GET", path, operation.content), path, {}, None)


def _changed(attempt: Attempt, answer: Answer) -> list[str]:
    """Texts that came back otherwise than they went; a second number for an order is a conflict, not kept."""
    if isinstance(answer.json, dict) and answer.json.get("state") == "CONFLICT":
        return []
    shown = [(place, text, _at(answer.json, place.pointer)) for place, text in attempt.texts]
    return [place.name for place, text, found in shown if isinstance(found, str) and found != text]


def _at(found: Any, pointer: Pointer) -> Any:
    """What stands at a place of an answer, None if there is nothing."""
    for part in pointer:
        if isinstance(found, dict):
            found = found.get(str(part))
        elif isinstance(found, list) and isinstance(part, int) and part < len(found):
            found = found[part]
        else:
            return None
    return found


async def _stored(http: Sender, request: Request, answer: Answer) -> Answer | None:
    """What a request made or changed, read again; None where that has no address."""
    changed = request.path if request.operation.method in ("PUT", "PATCH") else None
    path = answer.headers.get("Location", changed)
    if path is None:
        return None
    found = await _read(http, request.operation, path)
    return found if found.status == 200 else None


@dataclass
class Written:
    """What came of the attempts: those that went wrong, requests refused, operations that kept something."""

    wrong: list[str] = field(default_factory=list)
    refused: list[Request] = field(default_factory=list)
    tried: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)


async def test_a_naughty_string_is_refused_by_name_or_given_back_unchanged(
    system: System, known: Known, http: Sender
) -> None:
    written = await write_all(http, _written(known))
    assert [] == written.wrong, listed(written.wrong)
    assert NEVER_KEPT.keys() == written.tried - written.kept
    for part in parts(written.refused):
        async with untouched(system, http):
            await each(part, http.send)


async def write_all(http: Sender, attempts: Iterable[Attempt]) -> Written:
    """Writes and reads again."""
    written = Written()
    objects: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def write(attempt: Attempt) -> None:
        async with objects[attempt.request.path]:
            await write_alone(attempt)

    async def write_alone(attempt: Attempt) -> None:
        request = await _current(http, attempt.request)
        answer = await http.send(request)
        verdict = judged(request.operation, answer)
        written.tried.add(request.operation.id)
        named = [
            f"{place.name}/".startswith(f"{at}/") for place, _ in attempt.texts for at in verdict.pointers
        ]
        unnamed = verdict.status in (400, 422) and not any(named)
        if verdict.status >= 500 or unnamed or (not verdict.refused and _changed(attempt, answer)):
            written.wrong.append(f"{attempt} -> {answer.status} {answer.content[:300]!r}")
            return
        if verdict.refused:
            written.refused.append(request)
            return
        written.kept.add(request.operation.id)
        if (stored := await _stored(http, request, answer)) and (changed := _changed(attempt, stored)):
            written.wrong.append(f"{attempt} {changed} -> stored as {stored.content[:300]!r}")

    await each(attempts, write)
    return written


async def test_a_naughty_string_may_be_looked_for(known: Known, http: Sender) -> None:
    wrong: list[str] = []

    async def look(question: tuple[Operation, str]) -> None:
        operation, target = question
        answer = await http.raw(operation, target, {}, None)
        if answer.status not in (200, 400, 404, 422):
            wrong.append(f"{operation} {target} -> {answer.status} {answer.content[:200]!r}")

    await each(_questions(known), look)
    assert [] == wrong, listed(wrong)


def _questions(known: Known) -> Iterator[tuple[Operation, str]]:
    for number, operation in enumerate(OPERATIONS):
        if operation.method != "GET":
            continue
        request, _ = Examples(known.ids_for(operation)).of(operation)
        for name, schema in operation.taken("query").items():
            inner = schema["items"] if schema.get("type") == "array" else schema
            if kind_of(inner) not in ("text", "form"):
                continue
            rest = "".join(
                f"&{key}={quote(value, safe='')}" for key, value in request.query.items() if key != name
            )
            for text in NAUGHTY[number % EVERY :: EVERY]:
                yield operation, f"{request.path}?{name}={quote(text, safe='')}{rest}"
