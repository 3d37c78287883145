"""JSON as strict as money needs it: no NaN, no duplicate keys, no deep nesting, exact decimals."""

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn

MAX_DEPTH: Final = 32
MAX_INTEGER_DIGITS: Final = 30
_EXPONENT_LIMIT: Final = 60
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class JsonNumber(Decimal):
    """A number that stood in JSON with a fraction or exponent: exact, and known to be no text."""


def _refuse_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is not JSON", name, 0)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [key for key, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise json.JSONDecodeError(f"the key {twice[:50]!r} stands twice", "", 0)
    for key in result:
        # Pydantic refuses lone surrogates in values, and lets them pass in the keys of a mapping.
        if not key.isascii() and _SURROGATE.search(key):
            raise json.JSONDecodeError("a key is no Unicode text", "", 0)
    return result


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_INTEGER_DIGITS:
        raise json.JSONDecodeError("a number has too many digits", digits[:40], 0)
    return int(digits)


def _decimal(digits: str) -> JsonNumber:
    try:
        value = JsonNumber(digits)
    except InvalidOperation as error:  # an exponent beyond what Decimal can hold
        raise json.JSONDecodeError("a number is out of range", digits[:40], 0) from error
    if not -_EXPONENT_LIMIT < value.adjusted() < _EXPONENT_LIMIT:
        raise json.JSONDecodeError("a number is out of range", digits[:40], 0)
    return value


_DECODER = json.JSONDecoder(
    parse_constant=_refuse_constant, object_pairs_hook=_unique, parse_int=_integer, parse_float=_decimal
)


def _depth_of(text: str) -> int:
    """Deepest nesting, counted before parsing so that a bomb costs one scan."""
    depth = deepest = 0
    in_string = escaped = False
    for character in text:
        if in_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return depth
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def names_in(value: Any) -> int:
    """How many names the objects in a decoded value have; its text has more where one stands twice."""
    if type(value) is dict:
        return len(value) + sum(names_in(item) for item in value.values() if type(item) in (dict, list))
    if type(value) is list:
        return sum(names_in(item) for item in value)
    return 0


def loads(body: bytes) -> Any:
    """Parses UTF-8 JSON. Numbers with a fraction or exponent become JsonNumber, from their digits.

    Raises json.JSONDecodeError for anything else than one strict JSON value.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise json.JSONDecodeError("the body is not UTF-8", "", error.start) from error
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth_of(text) > MAX_DEPTH:
        raise json.JSONDecodeError(f"nested deeper than {MAX_DEPTH}", "", 0)
    return _DECODER.decode(text)
