"""The suites as data: what each case puts where, and which answers are right."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from local_stack.state import REPOSITORY
from tests.support.examples import Field

ACCEPTED: Final = -1
"""Stands for any status that is no complaint about the content: 2xx, or what the state of things forbids."""

EVERY_VARIABLE: Final = "KONTOR_HOSTILE_EVERY"
EVERY: Final = int(os.environ.get(EVERY_VARIABLE, "30"))
"""Of so many attempts one is made: `make hostile` makes all, `make test` one in thirty."""

_HERE: Final = Path(__file__).parent
_FILE: Final = REPOSITORY / "libs/chassis/tests/support/hostile-inputs.json"
SUITE: Final[list[dict[str, str]]] = json.loads(_FILE.read_text(encoding="utf-8"))["cases"]
NAUGHTY: Final[list[str]] = json.loads((_HERE / "naughty-strings/blns.json").read_text(encoding="utf-8"))

# Accepted, they would end the token everybody else uses.
ENDING: Final = frozenset({"log_out", "log_out_staff"})

TEXT: Final = "text field"
DECIMAL: Final = "decimal field (money, price, quantity)"
INTEGER: Final = "integer field or parameter"
LIST: Final = "list parameter"
PATH: Final = "path id or cursor"
BODY: Final = "whole body"


Item = TypeVar("Item")


def sampled(items: Sequence[Item]) -> Sequence[Item]:
    """One of each `EVERY`, spread over all operations."""
    return items[::EVERY]


@dataclass(frozen=True)
class Case:
    """`raw` is JSON text for one place; `right` the statuses it may be answered with."""

    name: str
    raw: str
    right: frozenset[int]


def of_suite(where: str) -> list[dict[str, str]]:
    """The suite's cases of one kind."""
    return [case for case in SUITE if case["where"] == where]


def raw(case: Mapping[str, str]) -> str:
    """The JSON text a case stands for; the suite abbreviates the long ones."""
    long = {"ten thousand digits": "9" * 10_000, "one million characters": f'"{"x" * 1_000_000}"'}
    return long.get(case["name"], case["raw"])


def expected(case: Mapping[str, str]) -> frozenset[int]:
    """The statuses the suite calls right."""
    statuses = {int(word) for word in case["expect"].replace(",", " ").split() if word.isdigit()}
    return frozenset(statuses | ({ACCEPTED} if case["expect"].startswith("accepted") else set()))


# Where the design says otherwise than the suite. The reason is the value.
DIFFERENCES: Final = {
    "a feed strips control characters": "contracts.md: stripped from texts with a warning, never from keys",
    "a key of the ERP may be blanks": "domain.md: leading and trailing blanks are part of a key",
    "an ERP's text may be empty": "contracts.md: null or empty clears a field",
    "a long text may be empty": "a note, a description, a search: the value is not required",
    "a password or token may be blanks": "whether it is right is all that is said of it",
    "zero clears": "a line of a cart with quantity 0 is removed; an order response counts what is still open",
    "an ERP's decimal may be below zero": "domain.md: credit notes, corrected stock, surcharges",
    "zero price": "domain.md: lines at price 0 exist",
    "an ERP sends numbers": "contracts.md: integration accepts JSON numbers, read from their digits",
    "an ERP sends texts": "a CSV has only texts, and a batch goes through the same readers",
    "a form the contract does not give": "a mail address, a code of a standard, a field or format by name",
    "a refused upload": "contracts.md: 202 and a run that says why; 413 where too much is declared",
    "bad cursor": "contracts.md: 400 cursor_invalid, with its own code, so that a client starts again",
}


CLOSED_LISTS: Final = frozenset({"permissions", "scopes"})
"""Texts by their contract, but each is one of a list that only the code knows."""

FORMED: Final = (
    frozenset(
        (
            "email",
            "locale",
            "gtin",
            "rec20_code",
            "field",
            "deleted_when_empty",
            "password",
            "token",
            "time_zone",
        )
    )
    | {"date_formats", "timestamp_formats", "role"}
    | CLOSED_LISTS
)
"""Texts by their contract that take what has some form, is in a list, or is there already."""

# What a feed makes of these is a shorter text or none.
_STRIPPED: Final = frozenset(
    (
        "NUL",
        "C1 control",
        "lone surrogate",
        "reversed surrogate pair",
        "only blanks where a value is required",
    )
)


def text_cases(field: Field, *, feed: bool) -> list[Case]:
    """The suite's texts for a field of text, of a form of its own, or an id."""
    return [Case(case["name"], raw(case), _of_text(case, field, feed=feed)) for case in of_suite(TEXT)]


def _of_text(case: Mapping[str, str], field: Field, *, feed: bool) -> frozenset[int]:
    named = next(str(part) for part in reversed(field.pointer) if isinstance(part, str))
    if (
        named in ("password", "token")
        and ACCEPTED not in expected(case)
        and case["name"].startswith("only blanks")
    ):
        return frozenset({422, ACCEPTED})
    if field.kind == "text" and named in FORMED and not (feed and case["name"] in _STRIPPED):
        return expected(case) | {422} if ACCEPTED in expected(case) else expected(case)
    if field.kind in ("form", "id", "decimal", "date", "moment", "choice"):
        # A free form may hold what some of these are; all others are refused by name.
        free = field.kind == "form" and ACCEPTED in expected(case)
        return frozenset({422, ACCEPTED}) if free else frozenset({413, 422})
    if case["name"].startswith("only blanks"):
        says_something = (
            not feed and field.schema.get("minLength") == 1 and field.schema.get("maxLength") == 255
        )
        return frozenset({422}) if says_something else frozenset({422, ACCEPTED})
    if feed and case["name"] in _STRIPPED:
        return frozenset({422, ACCEPTED})
    return expected(case)


def decimal_cases(field: Field, *, feed: bool) -> list[Case]:
    """The suite's decimals for a field that holds one."""
    return [Case(case["name"], raw(case), _of_decimal(case, field, feed=feed)) for case in of_suite(DECIMAL)]


def _of_decimal(case: Mapping[str, str], field: Field, *, feed: bool) -> frozenset[int]:
    right = expected(case)
    if feed:
        right = {
            "negative quantity": frozenset({422, ACCEPTED}),
            "zero quantity": frozenset({422, ACCEPTED}),
            "JSON number": frozenset({ACCEPTED}),
        }.get(case["name"], right)
    elif case["name"] == "zero quantity" and (
        field.schema.get("pattern", "").startswith("^(0") or "price" in field.name
    ):
        right = frozenset({ACCEPTED})
    elif case["name"] == "JSON number":
        right = frozenset({422})
    if case["name"] == "null where required" and not field.required:
        right = frozenset({422, ACCEPTED})
    return right | ({400} if 400 in expected(case) else set())


def integer_cases(field: Field, *, feed: bool) -> list[Case]:
    """The suite's integers for a field that holds one."""
    return [Case(case["name"], raw(case), _of_integer(case, field, feed=feed)) for case in of_suite(INTEGER)]


def _of_integer(case: Mapping[str, str], field: Field, *, feed: bool) -> frozenset[int]:
    right = expected(case)
    fits = field.schema.get("maximum", 0) >= 2**31 or "maximum" not in field.schema
    if case["name"] == "2^31":
        return frozenset({422, ACCEPTED}) if fits else frozenset({422})
    if feed and case["name"] in ("float", "text"):
        return frozenset({422, ACCEPTED})
    return right


_DAYS: Final = (
    '"2026-02-30"',
    '"0000-01-01"',
    '"+10000-01-01"',
    '"2026-1-1"',
    '"２０２６-01-01"',
    '"tomorrow"',
    "20261130",
)
_MOMENTS: Final = (
    *_DAYS,
    '"2026-11-30T12:00:00"',
    '"9999-12-31T23:59:59-14:00"',
    '"1700000000"',
    "1700000000",
)
_IDS: Final = ('"1\' OR 1=1"', '"{018F3A1C-0000-7000-8000-000000000000}"', '"../internal"', '""', "1", "{}")
_FLAGS: Final = ('"true"', "1", "0", '"yes"', "[true]")
_CHOICES: Final = ('"password"', "1", "true", "[]")
_OF_KIND: Final = {"date": _DAYS, "moment": _MOMENTS, "id": _IDS, "boolean": _FLAGS, "choice": _CHOICES}


def other_cases(field: Field, *, feed: bool) -> list[Case]:
    """What the suite has no kind for: days, times, ids, flags and choices that are none."""
    right = frozenset({422, ACCEPTED} if feed and field.kind in ("boolean", "choice", "moment") else {422})
    return [Case(each, each, right) for each in _OF_KIND.get(field.kind, ())]


def cases_for(field: Field, *, feed: bool) -> list[Case]:
    """Every case of the field's kind."""
    if field.kind == "integer":
        return integer_cases(field, feed=feed)
    if field.kind == "decimal":
        return decimal_cases(field, feed=feed)
    if field.kind in ("text", "form"):
        return text_cases(field, feed=feed)
    return other_cases(field, feed=feed) + (
        [] if field.kind in ("boolean", "any") else text_cases(field, feed=feed)
    )


def _whole(*texts: str) -> tuple[bytes, ...]:
    return tuple(text.encode("utf-8", "surrogatepass") for text in texts)


# The inputs of JSONTestSuite's test_transform by Nicolas Seriot, each as the value of one field.
NUMBERS: Final = (
    "-9223372036854775808", "-9223372036854775809", "1.0", "1.000000000000000005", "1000000000000000",
    "10000000000000000999", "1E-999", "1E6", "9223372036854775807", "9223372036854775808",
)  # fmt: skip
STRINGS: Final = _whole(
    '"\\uD800"', '"\\uD800\\uD800"', '"\\uD800\\uD800\\uD800"', '"A\\u0000B"',
    '"\ud800"', '"\ud800\ud800"', '"\ud800\ud800\ud800"',
)  # fmt: skip
OBJECTS: Final = _whole(
    '{"\u00e9":"NFC","e\u0301":"NFD"}', '{"e\u0301":"NFD","\u00e9":"NFC"}',
    '{"a":1,"a":2}', '{"a":1,"a":1}', '{"a":0, "a":-0}',
)  # fmt: skip


def problem_of(status: int, right: frozenset[int]) -> bool:
    """Whether an answer is none of the right ones."""
    complains = status in (400, 413, 415, 422)
    return status >= 500 or (status not in right if complains else ACCEPTED not in right)
