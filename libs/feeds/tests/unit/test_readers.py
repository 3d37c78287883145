"""Files as they come: encodings, decimal commas, quotes, gzip, hostile JSON, cut in any place."""

import gzip
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.fields import Field, Kind, RowSchema
from feeds.profiles import ColumnMap, ImportProfile, decimal_converter
from feeds.readers import MAX_LINE, BodyRefused, Inflater, Line, RowReader
from feeds.values import Refused

SCHEMA = RowSchema(
    Field(name="external_id", kind=Kind.KEY),
    Field(name="name", kind=Kind.TEXT),
    Field(name="price", kind=Kind.DECIMAL),
    Field(name="day", kind=Kind.DATE),
    Field(name="more", kind=Kind.JSON),
    key=("external_id",),
)


def read(body: bytes, step: int = 0, **settings: Any) -> list[Line]:
    reader = RowReader(ImportProfile(**settings), SCHEMA)
    pieces = [body[start : start + step] for start in range(0, len(body), step)] if step else [body]
    return [line for piece in pieces for line in reader.feed(piece)] + reader.close()


def test_a_french_export_reads_by_its_profile() -> None:
    columns = [
        ColumnMap(column=place, field=name)
        for place, name in enumerate(("external_id", "name", "price", "day"), 1)
    ]
    body = '34009\tCAFÉ 5" €\t1,166,15\t21/01/2021\r\nB\tx\t2,5\t\r\n'.encode("cp1252")
    lines = read(
        body, format="csv", encoding="cp1252", delimiter="\t", quote=None, header=False, columns=columns,
        decimal_mark=",", date_formats=["%d/%m/%Y"],
    )  # fmt: skip
    assert {"external_id": "34009", "name": 'CAFÉ 5" €', "price": "1166.15", "day": "2021-01-21"} == lines[
        0
    ].row
    assert {"external_id": "B", "name": "x", "price": "2.5", "day": ""} == lines[1].row


def french(**settings: Any) -> dict[str, Any]:
    columns = [
        ColumnMap(column=1, field="external_id"),
        ColumnMap(column=2, field="price"),
        ColumnMap(column=3, field="more/rate", strip="% "),
        ColumnMap(column=4, field="more/fee", read_as="decimal"),
        ColumnMap(column=5, field="more/since", read_as="date"),
    ]
    return {
        "format": "csv", "delimiter": "\t", "quote": None, "header": False, "columns": columns,
        "decimal_mark": ",", "date_formats": ["%d/%m/%Y"],
    } | settings  # fmt: skip


def test_columns_become_members_of_an_object_and_an_empty_one_is_left_out() -> None:
    lines = read(b"A\t1,5\t65 %\t1,02\t21/01/2021\nB\t2\t65%\t\t\nC\t3\t\t\t\n", **french())
    assert {"rate": "65", "fee": "1.02", "since": "2021-01-21"} == lines[0].row["more"]
    assert {"rate": "65"} == lines[1].row["more"]
    # Without any member it is cleared, as an empty field is.
    assert {"external_id": "C", "price": "3", "more": None} == lines[2].row


def test_a_member_that_cannot_be_read_refuses_its_row_at_its_place() -> None:
    [line] = read(b"A\t1\t\t1.02\t\n", **french())
    assert ("/more/fee", "not_a_decimal") == (line.problem and (line.problem.pointer, line.problem.code))


def test_an_empty_field_discontinues_only_where_the_profile_says_so() -> None:
    body = b"A\t1,5\t\t\t\nB\t\t\t\t\nC\tx\t\t\t\n"
    lines = read(body, **french(deleted_when_empty=["price"]))
    assert {"external_id": "B", "deleted": True, "more": None} == lines[1].row
    # What cannot be read is not empty.
    assert [None, True, None] == [line.row.get("deleted") for line in lines]
    assert "not_a_decimal" == (lines[2].problem and lines[2].problem.code)
    assert [None] * 3 == [line.row.get("deleted") for line in read(body, **french())]


def test_a_profile_names_only_what_rows_have() -> None:
    def unknown(*fields: str, **settings: Any) -> list[str]:
        columns = [ColumnMap(column=place, field=field) for place, field in enumerate(fields, 1)]
        return ImportProfile(format="csv", columns=columns, **settings).unknown_names(SCHEMA)

    assert [] == unknown("external_id", "more/colour", deleted_when_empty=["price"])
    assert ["more/", "name/x"] == unknown("more/", "name/x")
    assert ["colour"] == unknown("name", deleted_when_empty=["colour"])
    with pytest.raises(ValueError, match="as a whole or by its members"):
        unknown("more", "more/colour")


def test_an_undecodable_byte_rejects_its_line_only() -> None:
    lines = read(b"external_id,name\nA,ok\nB,\xff\nC,ok\n", format="csv")
    assert [(2, None), (3, "undecodable"), (4, None)] == [
        (line.number, line.problem and line.problem.code) for line in lines
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,5", "1.5"),
        ("1.166,15", "1166.15"),
        ("1,166,15", "1166.15"),
        ("12,50-", "-12.50"),
        ("7", "7"),
        ("1.166", "1166"),
    ],
)
def test_decimal_comma_with_thousands(text: str, expected: str) -> None:
    assert expected == decimal_converter(",", ".")(text)


@pytest.mark.parametrize("text", ["1.166", "1.5", "1,66,15", "a", "1,,5", ",", "-"])
def test_a_decimal_that_may_mean_two_things_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        decimal_converter(",", "")(text)


@given(
    st.lists(st.lists(st.text(alphabet='ab,"\n é', max_size=6), min_size=2, max_size=2), max_size=8),
    st.integers(1, 7),
)
def test_csv_reads_what_a_csv_writer_wrote_however_it_is_cut(rows: list[list[str]], step: int) -> None:
    quoted = ["external_id,name"] + [
        ",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows
    ]
    lines = read("\n".join(quoted).encode(), step, format="csv")
    assert rows == [[line.row["external_id"], line.row["name"]] for line in lines]


@pytest.mark.parametrize(
    "line",
    [b'{"a":1,"a":2}', b'{"b":{"a":1,"a":2}}', b'{"a":NaN}', b'{"a":"\\ud800"}', b"[" * 40 + b"]" * 40,
     b'{"a":1', b"\xff"],
)  # fmt: skip
def test_hostile_json_rejects_its_line_only(line: bytes) -> None:
    lines = read(b'{"external_id":"A"}\n' + line + b'\n{"external_id":"C:D"}\n')
    assert [True, False, True] == [entry.problem is None for entry in lines]


def test_a_row_with_a_refused_cell_still_has_its_key() -> None:
    [line] = read(b"external_id,price\nA,x\n", format="csv", decimal_mark=",")
    assert "A" == line.row["external_id"]
    assert line.problem is not None


def test_a_missing_column_and_an_open_quote_refuse_the_file() -> None:
    for body, code in ((b"a,b\n1,2\n", "column_missing"), (b'external_id,name\nA,"x\n', "quote_open")):
        with pytest.raises(BodyRefused) as refused:
            read(body, format="csv", columns=[ColumnMap(column="external_id", field="external_id")])
        assert code == refused.value.code


def test_a_line_without_end_is_refused() -> None:
    with pytest.raises(BodyRefused) as refused:
        read(b"x" * (MAX_LINE + 1))
    assert "line_too_long" == refused.value.code


def test_gzip_of_several_members_is_unpacked_and_a_cut_one_is_refused() -> None:
    packed = gzip.compress(b"abc") + gzip.compress(b"def")
    inflater = Inflater()
    assert b"abcdef" == b"".join(piece for byte in packed for piece in inflater.feed(bytes([byte])))
    inflater.close()
    cut = Inflater()
    list(cut.feed(gzip.compress(b"abc" * 1000)[:-4]))
    with pytest.raises(BodyRefused) as refused:
        cut.close()
    assert "body_incomplete" == refused.value.code


def test_a_gzip_bomb_is_refused_before_it_unpacks() -> None:
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = b"".join(bomb.compress(bytes(1 << 20)) for _ in range(64)) + bomb.flush()
    inflater, unpacked = Inflater(), 0
    with pytest.raises(BodyRefused) as refused:  # noqa: PT012 - what came before the refusal is the point
        for piece in inflater.feed(packed):
            unpacked += len(piece)
    assert "gzip_ratio" == refused.value.code
    assert unpacked < 20 << 20
