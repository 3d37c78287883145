"""The quick way to read a row gives what the exact one gives, or leaves the row to it."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeds.fields import Field, Kind, Row, RowSchema
from feeds.profiles import ImportProfile
from feeds.quick import QuickReader
from feeds.readers import RowReader

SCHEMA = RowSchema(
    Field(name="code", kind=Kind.KEY, max_length=6, required=True),
    Field(name="minimum", kind=Kind.QUANTITY, absent="0", digits=6, scale=2),
    Field(name="day", kind=Kind.DATE),
    Field(name="name", kind=Kind.TEXT, max_length=8),
    Field(name="price", kind=Kind.DECIMAL, digits=6, scale=2),
    Field(name="share", kind=Kind.DECIMAL, maximum=100),
    Field(name="boxed", kind=Kind.QUANTITY, scale=0, digits=3),
    Field(name="pieces", kind=Kind.INTEGER, minimum=0, maximum=99),
    Field(name="charge", kind=Kind.BOOLEAN),
    Field(name="at", kind=Kind.TIMESTAMP),
    Field(name="currency", kind=Kind.CURRENCY),
    Field(name="type", kind=Kind.ENUM, choices=("all", "account"), path="to/type"),
    Field(name="account", kind=Kind.REFERENCE, path="to/account", max_length=6),
    Field(
        name="boxes",
        kind=Kind.JSON,
        of=(Field(name="unit", kind=Kind.KEY, required=True), Field(name="quantity", kind=Kind.QUANTITY)),
        max_items=3,
    ),
    Field(name="tags", kind=Kind.JSON, of=Field(name="tag", kind=Kind.TEXT, max_length=4)),
    Field(name="more", kind=Kind.JSON),
    key=("code", "minimum", "day", "account"),
)
QUICK = QuickReader(SCHEMA)
USUAL: dict[str, Any] = {
    "code": "A-1",
    "minimum": "12.5",
    "day": "2026-02-28",
    "name": "Crème",
    "price": "9.90",
    "boxed": "120",
    "pieces": 7,
    "charge": True,
    "at": "2026-02-28T10:00:00Z",
    "currency": "EUR",
    "to": {"type": "account", "account": "D1"},
    "boxes": [{"unit": "BOX", "quantity": "12"}, {"unit": "PAL"}],
    "tags": ["new"],
    "more": {"shelf": "7:3", "weight": "1.5", "list": [1, None, {"a": True}]},
    "deleted": False,
}
_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_TEXTS = st.sampled_from(
    ["", " ", "0", "-0", "00", "1.0", "1.50", "01", "1e3", "123456", "2026-02-30", "2026-1-1", "20260228",
     "2026-02-28T10:00:00+01:00", "2026-02-28T24:00:00Z", "eur", "EUR\n", "EURO", "all", "a\x00b", "\x85",
     "\u00a0", "\u2028", "\ud800", "a:b", 'a":b', " :", "12345678", "١"]
)  # fmt: skip
_VALUES = st.sampled_from(list(USUAL.values())) | _TEXTS | _ANYTHING


def exact(line: bytes) -> Row | None:
    """What the exact way makes of a line; None for one that is no row."""
    lines = RowReader(ImportProfile(), SCHEMA).feed(line + b"\n")
    if len(lines) != 1 or lines[0].problem is not None:
        return None
    return SCHEMA.read(lines[0].row, "erp", set())


def agree(line: bytes) -> Row | None:
    """The quick row, which is none or the exact one."""
    quick = QUICK.read(line, "erp")
    assert quick is None or quick == exact(line), line
    return quick


def test_a_usual_row_is_read_the_quick_way() -> None:
    assert agree(orjson.dumps(USUAL)) is not None
    assert agree(json.dumps(USUAL, ensure_ascii=False).encode()) is not None
    cleared = {**dict.fromkeys(USUAL), "code": "A", "to": {"account": None}}
    assert agree(orjson.dumps(cleared)) is not None


@pytest.mark.parametrize(
    "line",
    [
        b'{"code":"A","code":"B"}',
        b'{"code" :"A","code":"B"}',
        b'{"code":"A","to":{"type":"all","type":"account"}}',
        b'{"code":"A","boxes":[{"unit":"B","unit":"C"}]}',
        b'{"code":"A","boxes":[{"quantity":"1"}]}',
        b'{"code":"A","boxes":[]}',
        b'{"code":"A","more":{"x":1,"x":2}}',
        b'{"code":"A","colour":"red"}',
        b'{"code":"A","to":{"colour":"red"}}',
        b'{"code":"\\u0041"}',
        b'{"code":""}',
        b'{"code":null}',
        b'{"name":"no key"}',
        b'{"code":"A","price":1.5}',
        b'{"code":"A","charge":1}',
        b'{"code":"A","share":"101"}',
        b'{"code":"A","minimum":"1.0"}',
        b'{"code":"A","more":' + b"[" * 40 + b"]" * 40 + b"}",
        b'{"code":"\xff"}',
        b'{"code":"A"} x',
        b"[]",
        b"7",
        b"",
    ],
)
def test_what_needs_a_second_look_is_left_to_the_exact_way(line: bytes) -> None:
    assert agree(line) is None


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine says nothing about the rows
@given(st.dictionaries(st.sampled_from([*USUAL, "share", "colour"]), _VALUES), st.booleans())
def test_both_ways_agree_on_any_row(fields: dict[str, Any], spaced: bool) -> None:
    separators = (", ", " : ") if spaced else (",", ":")
    agree(json.dumps({**USUAL, **fields}, separators=separators).encode())
    text = json.dumps({"code": "A", **fields}, ensure_ascii=False, separators=separators)
    agree(text.encode(errors="surrogatepass"))


@given(st.sampled_from(list(SCHEMA.by_name)), _VALUES)
def test_both_ways_agree_on_a_name_that_stands_twice(name: str, value: Any) -> None:
    once = orjson.dumps(USUAL)[:-1]
    agree(once + b"," + json.dumps({name: value}).encode()[1:])


@given(st.dictionaries(st.sampled_from(["type", "account", "source"]), _VALUES))
def test_both_ways_agree_on_a_nested_object(inner: dict[str, Any]) -> None:
    agree(json.dumps({**USUAL, "to": inner}).encode())


@given(st.lists(st.dictionaries(st.sampled_from(["unit", "quantity", "colour"]), _VALUES), max_size=4))
def test_both_ways_agree_on_listed_objects(items: list[Any]) -> None:
    agree(json.dumps({**USUAL, "boxes": items}).encode())
