"""What a field takes and what it refuses."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.batch import shown_key
from feeds.fields import Field, Kind, Row, RowSchema

SCHEMA = RowSchema(
    Field(name="external_id", kind=Kind.KEY, max_length=8),
    Field(name="name", kind=Kind.TEXT, max_length=10),
    Field(name="price", kind=Kind.DECIMAL, scale=4, digits=10),
    Field(name="quantity", kind=Kind.QUANTITY),
    Field(name="valid_from", kind=Kind.DATE),
    Field(name="brand", kind=Kind.REFERENCE),
    Field(name="type", kind=Kind.ENUM, choices=("all", "account"), path="applies_to/type"),
    Field(
        name="packagings",
        kind=Kind.JSON,
        of=(Field(name="unit", kind=Kind.KEY, required=True), Field(name="quantity", kind=Kind.QUANTITY)),
    ),
    key=("external_id",),
)


def read(**fields: Any) -> Row:
    return SCHEMA.read({"external_id": "A", **fields}, "erp", set())


def values(row: Row) -> dict[str, Any]:
    """What a row says, by name: the fields that came, and the sources of references."""
    assert row.cells is not None
    there = {field.name for place, field in enumerate(SCHEMA.fields) if row.mask & 1 << place}
    return {
        name: row.cells[place]
        for name, place in SCHEMA.places.items()
        if name in there or (name.removesuffix("_source") in there and row.cells[place] is not None)
    }


def codes(row: Row) -> list[tuple[str, str]]:
    return [(note.pointer, note.code) for note in row.errors or []]


def test_absent_stays_absent_and_null_or_empty_clears() -> None:
    assert {"external_id": "A"} == values(read())
    assert {"external_id": "A", "name": None, "price": None} == values(read(name="", price=None))


def test_keys_keep_their_blanks_and_case_and_refuse_control_characters() -> None:
    assert " a b " == SCHEMA.read({"external_id": " a b "}, "erp", set()).key
    assert [("/external_id", "control_characters"), ("/external_id", "required")][:1] == codes(
        SCHEMA.read({"external_id": "a\x00"}, "erp", set())
    )


def test_control_characters_leave_a_text_with_a_warning() -> None:
    row = read(name="a\x00b\x1f")
    assert "ab" == values(row)["name"]
    assert ["control_characters_removed"] == [note.code for note in row.warnings or []]


@pytest.mark.parametrize(
    "value", [1.5, "1e3", "NaN", " 1", "1,5", "--1", "", "1.23456", "1234567", True, [], "٣"]
)
def test_a_decimal_is_digits_in_range_or_refused(value: Any) -> None:
    row = read(price=value)
    assert (value == "") == (row.cells is not None)


@given(st.decimals(min_value=-999999, max_value=999999, places=4, allow_nan=False))
def test_decimals_keep_their_digits(value: Decimal) -> None:
    for given_value in (value, str(format(value, "f"))):
        assert value == Decimal(values(read(price=given_value))["price"])


@given(st.text(max_size=20) | st.integers() | st.floats() | st.none() | st.binary() | st.lists(st.text()))
def test_no_value_makes_reading_raise(value: Any) -> None:
    for name in (*SCHEMA.by_name, "deleted", "applies_to"):
        SCHEMA.read({"external_id": "A", name: value}, "erp", set())


def test_a_refused_row_still_names_its_key() -> None:
    row = read(price="x", quantity="-1")
    assert "A" == row.key
    assert row.cells is None
    assert [("/price", "not_a_decimal"), ("/quantity", "negative")] == codes(row)


def test_a_reference_defaults_to_the_clients_source() -> None:
    assert ("B", "erp") == _reference(read(brand="B"))
    assert ("B", "erp") == _reference(read(brand={"source": "erp", "external_id": "B"}))


def test_a_reference_names_another_source_only_if_the_client_may() -> None:
    row = {"external_id": "A", "brand": {"source": "pim", "external_id": "B"}}
    assert ("B", "pim") == _reference(SCHEMA.read(row, "erp", set(), ("pim",)))
    refused = SCHEMA.read(row, "erp", set(), ("dam",))
    assert ("A", [("/brand", "source_not_allowed")]) == (refused.key, codes(refused))


def _reference(row: Row) -> tuple[str, str]:
    return values(row)["brand"], values(row)["brand_source"]


def test_nested_fields_and_lists_are_checked_with_pointers() -> None:
    assert {"external_id": "A", "type": "all"} == values(read(applies_to={"type": "all"}))
    assert [("/applies_to/type", "not_a_choice")] == codes(read(applies_to={"type": "some"}))
    assert [("/packagings/1/unit", "required")] == codes(read(packagings=[{"unit": "box"}, {"quantity": 2}]))


def test_unknown_fields_are_collected_not_refused() -> None:
    unknown: set[str] = set()
    row = SCHEMA.read({"external_id": "A", "colour": 1, "applies_to": {"x": 1}}, "erp", unknown)
    assert row.errors is None
    assert {"colour", "applies_to/x"} == unknown


def test_equal_keys_of_several_fields_have_one_text() -> None:
    schema = RowSchema(
        Field(name="product", kind=Kind.KEY, required=True),
        Field(name="min_quantity", kind=Kind.QUANTITY),
        Field(name="valid_from", kind=Kind.DATE),
        key=("product", "min_quantity", "valid_from"),
    )
    same = [{"product": "A", "min_quantity": value} for value in ("1", "1.0", "01.00", 1, Decimal("1.0"))]
    assert 1 == len({schema.read(row, "erp", set()).key for row in same})
    assert schema.read({"product": "A"}, "erp", set()).key != schema.read(same[0], "erp", set()).key


def test_a_key_of_several_fields_is_shown_without_the_marks_it_is_stored_with() -> None:
    schema = RowSchema(
        Field(name="code", kind=Kind.KEY, required=True),
        Field(name="account", kind=Kind.REFERENCE),
        key=("code", "account"),
    )
    read = schema.read({"code": "8712"}, "erp", set())
    assert "8712 / - / -" == shown_key(read.key)
