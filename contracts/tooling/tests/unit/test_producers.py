"""An event's schema and its producer's model must say the same; a table of how they may not."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import pytest

from contract_tools.producers import unlike
from eventing.topics import EventModel


class Part(EventModel):
    """A piece, which may have pieces."""

    name: str
    parts: list["Part"]


class Thing(EventModel):
    """One field of every kind."""

    id: str
    colour: Literal["red", "blue"]
    count: int | None
    price: Decimal
    made_on: date
    parts: list[Part]
    texts: dict[str, str]
    note: str | None = None


def schema(**changes: Any) -> dict[str, Any]:
    """The schema of Thing as its contract says it, with properties changed or (None) taken out."""
    found = Thing.model_json_schema(mode="serialization")
    definitions = found.pop("$defs")
    for name, change in changes.items():
        if change is None:
            found["properties"].pop(name)
        else:
            found["properties"][name] = change
    deletion = {
        "type": "object",
        "properties": {"id": {"type": "string"}, "deleted": {"const": True}},
        "required": ["id", "deleted"],
        "additionalProperties": False,
    }
    return {"$defs": definitions, "oneOf": [found, deletion]}


def said(value: dict[str, Any]) -> list[str]:
    return list(unlike(value, Thing))


def test_a_schema_that_says_what_the_model_writes_is_like_it() -> None:
    assert [] == said(schema())
    without_deletion = schema()["oneOf"][0] | {"$defs": schema()["$defs"]}
    assert [] == said(without_deletion)


def test_words_and_bounds_are_no_difference() -> None:
    assert [] == said(schema(id={"type": "string", "description": "Ours.", "maxLength": 36}))
    assert [] == said(schema(count={"type": ["integer", "null"]}))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"texts": None}, "/texts is there in the model and not in the schema"),
        ({"size": {"type": "string"}}, "/size is there in the schema and not in the model"),
        ({"id": {"type": "integer"}}, "/id may be integer in the schema and not in the model"),
        ({"count": {"type": "integer"}}, "/count may be null in the model and not in the schema"),
        (
            {"colour": {"type": "string", "enum": ["red", "green"]}},
            "/colour may be green in the schema and not in the model",
        ),
        (
            {"colour": {"type": "string", "enum": ["red"]}},
            "/colour may be blue in the model and not in the schema",
        ),
        (
            {"made_on": {"type": "string", "format": "date-time"}},
            "/made_on has the format date-time, and date in the model",
        ),
        (
            {"texts": {"type": "object", "additionalProperties": {"type": "integer"}}},
            "/texts/{} may be integer in the schema and not in the model",
        ),
        (
            {"parts": {"type": "array", "items": {"type": "string"}}},
            "/parts/* may be object in the model and not in the schema",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_another_field_or_type_is_told(changes: dict[str, Any], fault: str) -> None:
    assert fault in said(schema(**changes))


def test_what_is_always_there_must_be_said_and_nothing_else() -> None:
    value = schema()
    value["oneOf"][0]["required"] = ["id", "colour", "count", "price", "made_on", "parts", "note"]
    assert [
        "/note is required in the schema and not in the model",
        "/texts is required in the model and not in the schema",
    ] == said(value)


def test_a_difference_deep_inside_is_told_once() -> None:
    value = schema()
    value["$defs"]["Part"]["properties"]["name"] = {"type": "number"}
    assert [
        "/parts/*/name may be number in the schema and not in the model",
        "/parts/*/name may be string in the model and not in the schema",
    ] == said(value)


def test_a_schema_open_to_more_fields_than_the_model_writes_is_told() -> None:
    value = schema()
    value["oneOf"][0].pop("additionalProperties")
    assert ["the value has additionalProperties True, and False in the model"] == said(value)


class Dated(EventModel):
    """A moment."""

    at: datetime


def test_a_value_of_another_model_is_unlike() -> None:
    assert list(unlike(schema(), Dated))
