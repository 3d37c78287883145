"""The differ tells additions from what breaks a client, case by case."""

from copy import deepcopy
from typing import Any

import pytest

from contract_tools.differ import Difference, differences

_THING: dict[str, Any] = {
    "title": "Thing",
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "colour": {"type": "string", "enum": ["red", "blue"]},
        "note": {"anyOf": [{"type": "string", "maxLength": 50}, {"type": "null"}]},
        "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
        "count": {"type": "integer", "minimum": 0},
    },
    "required": ["id", "colour"],
}
_DOCUMENT: dict[str, Any] = {
    "paths": {
        "/v1/things": {
            "post": {
                "x-permissions": ["things:write"],
                "x-callers": ["user", "staff"],
                "parameters": [{"name": "mode", "in": "query", "schema": {"type": "string"}}],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ThingInput"}}}
                },
                "responses": {
                    "201": {
                        "headers": {"Location": {}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
                    },
                    "202": {},
                    "409": {"x-problem-codes": ["conflict"]},
                },
            },
            "get": {"responses": {"200": {}}},
        }
    },
    "components": {"schemas": {"Thing": _THING, "ThingInput": deepcopy(_THING)}},
}
_PARTS_INPUT = {"type": "array", "items": {"$ref": "#/components/schemas/ThingInput"}}
_DOCUMENT["components"]["schemas"]["ThingInput"]["properties"]["parts"] = _PARTS_INPUT


def _at(path: str) -> tuple[list[str], str]:
    *steps, last = path.split(".")
    return steps, last


def _changed(path: str, value: object) -> dict[str, Any]:
    """The document with one value replaced, or removed where the value is None."""
    document = deepcopy(_DOCUMENT)
    place: Any = document
    steps, last = _at(path)
    for step in steps:
        place = place[int(step)] if isinstance(place, list) else place[step.replace("~", ".")]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return document


_POST = "paths./v1/things.post"
_IN = "components.schemas.ThingInput"
_OUT = "components.schemas.Thing"
_OPTIONAL = {"name": "sort", "in": "query", "schema": {"type": "string"}}
_MODE = {"name": "mode", "in": "query", "schema": {"type": "string"}}
_JSON = "content.application/json"

_BREAKING = {
    "operation removed": ("paths./v1/things.get", None),
    "path removed": ("paths./v1/things", None),
    "success status removed": (f"{_POST}.responses.202", None),
    "header removed": (f"{_POST}.responses.201.headers.Location", None),
    "media type removed": (f"{_POST}.responses.201.content", {}),
    "response field removed": (f"{_OUT}.properties.note", None),
    "response field no longer always there": (f"{_OUT}.required", ["id"]),
    "response type changed": (f"{_OUT}.properties.id", {"type": "integer"}),
    "response field may be null now": (f"{_OUT}.properties.id", {"type": ["string", "null"]}),
    "response item changed": (f"{_OUT}.properties.parts.items", {"type": "string"}),
    "request field removed": (f"{_IN}.properties.note", None),
    "request field became required": (f"{_IN}.required", ["id", "colour", "count"]),
    "request enum narrowed": (f"{_IN}.properties.colour.enum", ["red"]),
    "request enum introduced": (f"{_IN}.properties.id", {"type": "string", "enum": ["a"]}),
    "request type changed": (f"{_IN}.properties.id", {"type": "integer"}),
    "request may no longer be null": (f"{_IN}.properties.note", {"type": "string", "maxLength": 50}),
    "request length lowered": (f"{_IN}.properties.note.anyOf.0.maxLength", 9),
    "request minimum raised": (f"{_IN}.properties.count.minimum", 1),
    "request pattern introduced": (f"{_IN}.properties.id.pattern", "^a$"),
    "request body became required": (f"{_POST}.requestBody.required", True),
    "request body removed": (f"{_POST}.requestBody", None),
    "required parameter added": (f"{_POST}.parameters", [_MODE, _OPTIONAL | {"required": True}]),
    "parameter became required": (f"{_POST}.parameters", [_MODE | {"required": True}]),
    "parameter removed": (f"{_POST}.parameters", []),
    "parameter type changed": (f"{_POST}.parameters", [_MODE | {"schema": {"type": "integer"}}]),
    "permission replaced": (f"{_POST}.x-permissions", ["things:admin"]),
    "permission demanded of a public operation": ("paths./v1/things.get.x-permissions", ["things:read"]),
    "caller shut out": (f"{_POST}.x-callers", ["staff"]),
}  # fmt: skip
_HARMLESS = {
    "operation added": ("paths./v1/things.put", {"responses": {}}),
    "optional parameter added": (f"{_POST}.parameters", [_MODE, _OPTIONAL]),
    "problem code added": (f"{_POST}.responses.409.x-problem-codes", ["conflict", "things_locked"]),
    "problem status added": (f"{_POST}.responses.410", {"x-problem-codes": ["gone"]}),
    "problem status removed": (f"{_POST}.responses.409", None),
    "response field added": (f"{_OUT}.properties.weight", {"type": "string"}),
    "response enum widened": (f"{_OUT}.properties.colour.enum", ["red", "blue", "green"]),
    "response enum narrowed": (f"{_OUT}.properties.colour.enum", ["red"]),
    "response never null any more": (f"{_OUT}.properties.note", {"type": "string"}),
    "response bound changed": (f"{_OUT}.properties.count.minimum", 5),
    "optional request field added": (f"{_IN}.properties.weight", {"type": "string"}),
    "request enum widened": (f"{_IN}.properties.colour.enum", ["red", "blue", "green"]),
    "request type widened": (f"{_IN}.properties.count", {"type": "number", "minimum": 0}),
    "request may be null now": (f"{_IN}.properties.id", {"type": ["string", "null"]}),
    "request field no longer required": (f"{_IN}.required", ["id"]),
    "another permission suffices as well": (f"{_POST}.x-permissions", ["things:write", "things:own"]),
}


@pytest.mark.parametrize(("path", "value"), _BREAKING.values(), ids=_BREAKING)
def test_it_breaks_a_client(path: str, value: object) -> None:
    found = differences(_DOCUMENT, _changed(path, value))
    assert any(difference.breaking for difference in found), found


@pytest.mark.parametrize(("path", "value"), _HARMLESS.values(), ids=_HARMLESS)
def test_it_breaks_nobody(path: str, value: object) -> None:
    found = differences(_DOCUMENT, _changed(path, value))
    assert [] == [difference for difference in found if difference.breaking]


@pytest.mark.parametrize("case", ["problem code added", "response field added", "operation added"])
def test_an_addition_is_told_all_the_same(case: str) -> None:
    assert 1 == len(differences(_DOCUMENT, _changed(*_HARMLESS[case])))


def test_the_same_document_differs_in_nothing_although_it_refers_to_itself() -> None:
    assert [] == differences(_DOCUMENT, deepcopy(_DOCUMENT))


def test_a_required_request_field_that_is_new_breaks() -> None:
    document = _changed(f"{_IN}.properties.weight", {"type": "string"})
    document["components"]["schemas"]["ThingInput"]["required"].append("weight")
    expected = Difference("POST /v1/things", "request/weight: required field added", breaking=True)
    assert [expected] == differences(_DOCUMENT, document)


def test_a_difference_says_where_and_what() -> None:
    found = differences(_DOCUMENT, _changed(f"{_OUT}.properties.note", None))
    assert ["BREAKING  POST /v1/things: 201/note: field removed"] == [str(difference) for difference in found]
