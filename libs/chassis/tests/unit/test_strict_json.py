"""strict_json: what it lets through is exact, what it refuses is refused at once."""

import json
import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.strict_json import MAX_DEPTH, JsonNumber, loads

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**29), 10**29) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(_VALUES)
def test_what_json_writes_is_read_back_unchanged(value: object) -> None:
    assert value == loads(json.dumps(value, ensure_ascii=False).encode())


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_a_number_is_read_from_its_digits(value: Decimal) -> None:
    found = loads(f"[{value:f}]".encode())[0]
    assert (value, True) == (found, isinstance(found, JsonNumber))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"NaN",
        b"-Infinity",
        b"{",
        b"[1,]",
        b"01",
        b"+1",
        b".5",
        b"1_000",
        b"'a'",
        b'"\n"',
        b'"\xff"',
        b"\xef\xbb\xbf1",
        b'{"a":1,"a":1}',
        b'[{"b":{"a":1,"\\u0061":2}}]',
        b'{"\\udc00":1}',
        b"1e60",
        b"1e999999999",
        b"1e-99999999999999999999",
        b"9" * 31,
        b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
        b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1),
    ],
    ids=lambda body: repr(body)[:30],
)
def test_what_is_not_strict_json_is_refused(body: bytes) -> None:
    with pytest.raises(json.JSONDecodeError):
        loads(body)


def test_nesting_up_to_the_limit_and_brackets_in_texts_are_fine() -> None:
    assert loads(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert '["' * 50 == loads(json.dumps('["' * 50).encode())


def test_a_megabyte_of_brackets_is_refused_at_once() -> None:
    started = time.perf_counter()
    with pytest.raises(json.JSONDecodeError):
        loads(b"[" * 1_000_000)
    assert time.perf_counter() - started < 0.5
