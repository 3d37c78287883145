"""Whole bodies that are no request: refused with a problem document, and nothing of them is stored."""

import gzip
import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from tests.hostile.cases import NUMBERS, OBJECTS, STRINGS, sampled
from tests.hostile.sending import Answer, Sender, each, judged, listed, parts
from tests.hostile.stored import untouched
from tests.support.contract import JSON, OPERATIONS, Operation
from tests.support.examples import Examples, Request
from tests.support.known import Known
from tests.support.system import System

_MALFORMED: Final = frozenset({400})
_REFUSED: Final = frozenset({400, 413, 422})
_DEEP: Final = 100_000
TAKING: Final = [each for each in OPERATIONS if JSON in each.media_types]


@dataclass(frozen=True)
class Body:
    """Bytes sent instead of a body, and the right answers."""

    name: str
    content: bytes
    right: frozenset[int]
    headers: tuple[tuple[str, str], ...] = (("Content-Type", JSON),)


def bodies(request: Request) -> Iterator[Body]:
    """What is sent instead of a good request."""
    good = request.content or b""
    name = json.dumps(next(iter(request.body))).encode() if request.body else b'"a"'
    yield Body("empty", b"", frozenset({400, 422}))
    yield Body("not JSON", b"{", _MALFORMED)
    yield Body("two values", good + good, _MALFORMED)
    yield Body("duplicate key", b"{" + name + b":1," + good[1:], _MALFORMED)
    yield Body("depth 100,000", b"[" * _DEEP + b"]" * _DEEP, frozenset({400, 413}))
    yield Body("depth within a field", b"{" + name + b":" + b"[" * 40 + b"]" * 40 + b"}", _MALFORMED)
    yield Body("byte order mark", b"\xef\xbb\xbf" + good, _MALFORMED)
    yield Body("UTF-16", good.decode().encode("utf-16"), frozenset({400, 415}))
    yield Body("null", b"null", frozenset({400, 422}))
    yield Body("a text", b'"text"', frozenset({400, 422}))
    yield Body("a number no machine holds", b"1e999999999", _MALFORMED)
    for kind in ("text/plain", "application/xml", "application/x-www-form-urlencoded", "text/csv"):
        yield Body(f"content type {kind}", good, frozenset({415}), (("Content-Type", kind),))
    yield Body("no content type", good, frozenset({415}), ())
    squeezed = (("Content-Type", JSON), ("Content-Encoding", "gzip"))
    yield Body("gzip", gzip.compress(good), frozenset({400, 415}), squeezed)
    for number in NUMBERS:
        yield Body(f"[{number}]", f"[{number}]".encode(), _REFUSED)
    for text in (*STRINGS, *OBJECTS):
        yield Body(repr(text), b"[" + text + b"]", _REFUSED)


async def wrong_bodies(http: Sender, pairs: Sequence[tuple[Operation, Body, str]]) -> list[str]:
    """Sends bodies to targets; a line for each answer that is not right."""
    wrong: list[str] = []

    async def send(pair: tuple[Operation, Body, str]) -> None:
        operation, body, target = pair
        headers = dict(body.headers) | {"Idempotency-Key": "k", "If-Match": '"1"'}
        answer = await http.raw(operation, target, headers, body.content)
        if answer.status not in body.right or not _is_problem(answer):
            wrong.append(f"{operation}: {body.name} -> {answer.status} {answer.content[:200]!r}")

    await each(pairs, send)
    return wrong


def _is_problem(answer: Answer) -> bool:
    return answer.headers.get("Content-Type") == "application/problem+json"


async def test_a_body_that_is_no_request_is_refused(system: System, known: Known, http: Sender) -> None:
    pairs = []
    for operation in TAKING:
        request, _ = Examples(known.ids_for(operation)).of(operation)
        pairs += [(operation, body, request.target) for body in bodies(request)]
    for part in parts(sampled(pairs)):
        async with untouched(system, http):
            assert [] == (wrong := await wrong_bodies(http, part)), listed(wrong)


async def test_an_unknown_field_is_refused_where_people_and_shops_write(
    system: System, known: Known, http: Sender
) -> None:
    pairs = []
    for operation in TAKING:
        request, _ = Examples(known.ids_for(operation)).of(operation)
        body = json.dumps({**request.body, "is_admin": True}).encode()
        if not operation.id.startswith("write_"):
            pairs.append((operation, Body("extra field", body, frozenset({422})), request.target))
    async with untouched(system, http):
        assert [] == (wrong := await wrong_bodies(http, pairs)), listed(wrong)


async def test_an_unknown_field_of_an_erp_is_one_warning(known: Known, http: Sender) -> None:
    for operation in TAKING:
        if operation.id.startswith("write_"):
            request, _ = Examples(known.ids_for(operation)).of(operation)
            request.body["items"][0]["is_admin"] = True
            answer = await http.send(request)
            assert ["unknown_fields"] == [note["code"] for note in answer.json["warnings"]], operation


def _lists(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(body, dict):
        for name, value in body.items():
            yield from _lists(value, (*path, name))
    elif isinstance(body, list):
        yield path
        yield from _lists(body[0], (*path, 0))


def _longer(request: Request, path: tuple[Any, ...], times: int) -> Request:
    body = deepcopy(request.body)
    place = body
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = place[path[-1]] * times
    return request.with_body(body)


async def test_a_list_too_long_is_refused(system: System, known: Known, http: Sender) -> None:
    wrong = []
    requests = [(each, Examples(known.ids_for(each)).of(each)[0]) for each in TAKING]
    places = [(operation, request, path) for operation, request in requests for path in _lists(request.body)]
    of_orders = [each for each in places if each[0].id == "place_order"]
    async with untouched(system, http):
        for operation, request, path in [*of_orders, *sampled(places)]:
            answer = await http.send(_longer(request, path, 100_001))
            if judged(operation, answer).status not in (413, 422):
                wrong.append(f"{operation} {path} -> {answer.status} {answer.content[:200]!r}")
    assert [] == wrong, listed(wrong)


async def test_the_same_line_a_thousand_times_is_no_accident(known: Known, http: Sender) -> None:
    wrong = []
    for operation in TAKING:
        request, _ = Examples(known.ids_for(operation), mark="again").of(operation)
        for path in _lists(request.body):
            answer = await http.send(_longer(request, path, 1_000))
            if judged(operation, answer).status >= 500:
                wrong.append(f"{operation} {path} -> {answer.status} {answer.content[:200]!r}")
    assert [] == wrong, listed(wrong)
