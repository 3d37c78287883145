"""Every hostile parameter, path id and cursor: refused, found nowhere, or read as data; never a 5xx."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from tests.hostile.cases import NAUGHTY, sampled
from tests.hostile.sending import Answer, Sender, each, listed, parts
from tests.hostile.stored import untouched
from tests.support.contract import OPERATIONS, Operation
from tests.support.examples import Examples, Request, kind_of
from tests.support.known import Known
from tests.support.system import System

_MANY: Final = 1_000
_LONG: Final = 64 * 1024
_REFUSED: Final = frozenset({400, 414, 422})
_INTEGERS: Final = ("0", "-1", "9223372036854775808", "1.0", "true", "１", "1_0", "9" * 10_000, "%00", "")
_IDS: Final = ("1%27%20OR%201=1", "%7B018F3A1C-0000-7000-8000-000000000000%7D", "%00", "%ff%fe", "1")
_TEXTS: Final = ("%00", "%ff%fe", "a%C2%85b", "x" * _LONG)
_OTHERS: Final = {
    "choice": ("password", "%00", "%ff%fe"),
    "form": ("password%0A", "%00", "%ff%fe", "x" * _LONG),
    "boolean": ("perhaps", "2", "%00"),
    "date": ("tomorrow", "2026-02-30", "0000-01-01", "%00", "1700000000"),
    "moment": ("tomorrow", "2026-11-30T12:00:00", "9999-12-31T23:59:59-14:00", "%00", "1700000000"),
    "decimal": ("NaN", "1e5", "-1", "1%2C234.50", "%D9%A1", "0.0000001", "1234567890123456789", "%00"),
}
_PATHS: Final = (
    "1%27%20OR%201=1",
    "..%2f..%2finternal",
    "%7B018F3A1C-0000-7000-8000-000000000000%7D",
    "018F3A1C-0000-7000-8000-000000000000",
    "%00",
    "%ff",
    "..",
    "x" * 10_000,
    "-1",
)


@dataclass(frozen=True)
class Probe:
    """A target as it is sent, and the right answers."""

    operation: Operation
    target: str
    right: frozenset[int]
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None

    def __str__(self) -> str:
        return f"{self.operation.method} {self.target[:160]}"


def _values(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    """Queries that give one parameter a hostile value."""
    several = schema.get("type") == "array"
    kind = kind_of(schema["items"] if several else schema)
    for value in {"integer": _INTEGERS, "id": _IDS, "text": _TEXTS}.get(kind, _OTHERS.get(kind, ())):
        yield f"{name}={value}"
    if several:
        value = quote(Examples({}).plain(name, schema["items"]))
        yield "&".join(f"{name}={value}" for _ in range(_MANY))


def _head_and_content(request: Request) -> tuple[tuple[tuple[str, str], ...], bytes | None]:
    """What goes with a wrong query; of an upload nothing, since its parameters are read before its body."""
    media_type = request.operation.media_type
    kind = {"Content-Type": media_type} if media_type else {}
    content = request.content if request.body is not None else b"" if kind else None
    return tuple({**kind, **request.headers}.items()), content


def _queries(known: Known) -> Iterator[Probe]:
    for operation in OPERATIONS:
        request, _ = Examples(known.ids_for(operation)).of(operation)
        headers, content = _head_and_content(request)
        for name, schema in operation.taken("query").items():
            others = {key: value for key, value in request.query.items() if key != name}
            rest = "".join(f"&{key}={quote(value, safe='')}" for key, value in others.items())
            for query in _values(name, schema):
                target = f"{request.path}?{query}{rest}"
                yield Probe(operation, target, _REFUSED, headers, content)


def _paths(known: Known) -> Iterator[Probe]:
    for operation in OPERATIONS:
        ids = known.ids_for(operation)
        request, _ = Examples(ids).of(operation)
        headers = tuple(request.headers.items())
        for name in operation.parameters:
            for value in _PATHS:
                if name == "profile_id" and value in NAUGHTY:
                    # A profile is found by its name too, and one is called so by test_naughty_strings.
                    continue
                target = operation.address({**ids, name: value})
                yield Probe(operation, target, frozenset({404, 405, 414}), headers, request.content)


async def answers_to(http: Sender, probes: Sequence[Probe]) -> list[tuple[Probe, Answer]]:
    """Sends probes; each with its answer."""
    found: list[tuple[Probe, Answer]] = []

    async def ask(probe: Probe) -> None:
        answer = await http.raw(probe.operation, probe.target, dict(probe.headers), probe.body)
        found.append((probe, answer))

    await each(probes, ask)
    return found


def wrong_ones(answers: list[tuple[Probe, Answer]]) -> list[str]:
    """A line for each answer that is not right."""
    return [
        f"{probe} -> {answer.status} {answer.content[:200]!r}"
        for probe, answer in answers
        if answer.status not in probe.right
    ]


async def test_a_hostile_parameter_is_refused(system: System, known: Known, http: Sender) -> None:
    for part in parts(sampled(list(_queries(known)))):
        async with untouched(system, http):
            assert [] == (wrong := wrong_ones(await answers_to(http, part))), listed(wrong)


async def test_a_hostile_id_in_a_path_finds_nothing(system: System, known: Known, http: Sender) -> None:
    for part in parts(sampled(list(_paths(known)))):
        async with untouched(system, http):
            assert [] == (wrong := wrong_ones(await answers_to(http, part))), listed(wrong)


def unknown_parameters(known: Known) -> Iterator[Probe]:
    """Every operation with a parameter that none has."""
    for operation in OPERATIONS:
        request, _ = Examples(known.ids_for(operation)).of(operation)
        headers, content = _head_and_content(request)
        query = f"{request.target}{'&' if '?' in request.target else '?'}group_by=password"
        yield Probe(operation, query, frozenset({422}), headers, content)


async def test_a_parameter_that_an_operation_has_not_is_refused_by_name(
    system: System, known: Known, http: Sender
) -> None:
    async with untouched(system, http):
        answers = await answers_to(http, list(unknown_parameters(known)))
    assert [] == (wrong := wrong_ones(answers)), listed(wrong)
    assert {("group_by", "unknown_parameter")} == {
        (error["parameter"], error["code"]) for _, answer in answers for error in answer.json["errors"]
    }


LISTS: Final = [each for each in OPERATIONS if "cursor" in each.taken("query")]


async def test_a_forged_cursor_is_told_as_such(known: Known, http: Sender) -> None:
    probes = []
    for operation in LISTS:
        request, _ = Examples(known.ids_for(operation)).of(operation)
        rest = "".join(f"&{key}={quote(value, safe='')}" for key, value in request.query.items())
        for cursor in ("x", "AAAA", "%00", "%C3%A9", "x" * 1_999, "eyJhIjoxfQ", "-1"):
            probes.append(Probe(operation, f"{request.path}?cursor={cursor}{rest}", frozenset({400})))
        probes.append(Probe(operation, f"{request.path}?cursor={'x' * _LONG}{rest}", _REFUSED))
    answers = await answers_to(http, probes)
    assert [] == (wrong := wrong_ones(answers)), listed(wrong)
    # An address too long for the server behind is no longer about a cursor.
    short = [answer for probe, answer in answers if len(probe.target) < _LONG]
    assert {"cursor_invalid"} == {answer.json["code"] for answer in short if answer.status == 400}


async def test_of_a_parameter_given_twice_the_last_counts(http: Sender) -> None:
    wrong = []
    for operation in LISTS:
        if operation.parameters or operation.taken("query")["limit"].get("maximum") != 200:
            continue
        request, _ = Examples({}).of(operation)
        rest = "".join(f"&{key}={quote(value, safe='')}" for key, value in request.query.items())
        for query, right in (("limit=0&limit=1", 200), ("limit=1&limit=0", 422)):
            answer = await http.raw(operation, f"{request.path}?{query}{rest}", {}, None)
            if answer.status != right:
                wrong.append(f"{operation} {query} -> {answer.status}")
    assert [] == wrong, listed(wrong)
