"""Merging: only what is published, each thing once, and always the same text."""

from typing import Any

import pytest

from contract_tools.checking import invalid, openness
from contract_tools.documents import ContractError, as_text, merged
from contract_tools.services import Service


def _operation(name: str, schema: str, **more: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {
        "operationId": name,
        "tags": ["things"],
        "responses": {"200": {"description": "", "content": content}},
        "x-permissions": [],
        "security": [{"bearer": []}],
        **more,
    }


def _service(name: str, paths: dict[str, Any], **schemas: Any) -> Service:
    components = {
        "schemas": schemas,
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}, "unused": {}},
    }
    return Service(name, {"paths": paths, "components": components}, (), (), frozenset())


_TEXT = {"type": "string"}
_NESTED = {"type": "array", "items": {"$ref": "#/components/schemas/Inner"}}


def test_paths_go_to_their_surface_and_internal_ones_nowhere() -> None:
    paths = {
        "/v1/a": {"get": _operation("a", "A")},
        "/integration/v1/b": {"get": _operation("b", "A")},
        "/oauth/token": {"post": _operation("c", "A")},
        "/admin/v1/d": {"get": _operation("d", "A")},
        "/internal/v1/e": {"get": _operation("e", "A")},
        "/.well-known/jwks.json": {"get": _operation("f", "A")},
    }
    found = merged([_service("one", paths, A=_TEXT)], [])
    assert {
        "channel": ["/v1/a"],
        "integration": ["/integration/v1/b", "/oauth/token"],
        "admin": ["/admin/v1/d"],
    } == {surface: list(document["paths"]) for surface, document in found.items()}


def test_only_components_that_are_referred_to_are_kept_those_behind_them_too() -> None:
    service = _service(
        "one", {"/v1/a": {"get": _operation("a", "Outer")}}, Outer=_NESTED, Inner=_TEXT, Other=_TEXT
    )
    components = merged([service], [])["channel"]["components"]
    assert {"Outer": _NESTED, "Inner": _TEXT} == components["schemas"]
    assert ["bearer"] == list(components["securitySchemes"])


def test_two_services_may_share_a_shape() -> None:
    one = _service("one", {"/v1/a": {"get": _operation("a", "A")}}, A=_TEXT)
    two = _service("two", {"/v1/a": {"post": _operation("b", "A")}}, A=_TEXT)
    assert {"get", "post"} == set(merged([one, two], [])["channel"]["paths"]["/v1/a"])


@pytest.mark.parametrize(
    ("second", "says"),
    [
        (
            _service("two", {"/v1/b": {"get": _operation("b", "A")}}, A={"type": "integer"}),
            "A has two shapes",
        ),
        (_service("two", {"/v1/a": {"get": _operation("b", "A")}}, A=_TEXT), "GET /v1/a stands twice"),
        (_service("two", {"/v1/b": {"get": _operation("a", "A")}}, A=_TEXT), "operationId a stands at"),
        (_service("two", {"/v2/b": {"get": _operation("b", "A")}}, A=_TEXT), "belongs to no surface"),
        (_service("two", {"/v1/b": {"get": _operation("b", "Gone")}}, A=_TEXT), "does not exist"),
    ],
    ids=["two shapes", "path twice", "id twice", "no surface", "dangling"],
)
def test_services_that_contradict_each_other_are_refused(second: Service, says: str) -> None:
    first = _service("one", {"/v1/a": {"get": _operation("a", "A")}}, A=_TEXT)
    with pytest.raises(ContractError, match=says):
        merged([first, second], [])


def test_the_text_does_not_depend_on_the_order_of_anything() -> None:
    one = _service("one", {"/v1/a": {"get": _operation("a", "A")}}, A=_TEXT)
    two = _service("two", {"/v1/b": {"get": _operation("b", "B")}}, B=_TEXT)
    texts = [as_text(merged(order, [])["channel"]) for order in ([one, two], [two, one])]
    assert texts[0] == texts[1]
    assert texts[0].endswith("}\n")


def test_a_merged_document_is_openapi_and_a_broken_one_is_told() -> None:
    document = merged([_service("one", {"/v1/a": {"get": _operation("a", "A")}}, A=_TEXT)], [])["channel"]
    assert [] == list(invalid(document))
    del document["info"]["title"]
    assert [] != list(invalid(document))


def test_open_operations_must_be_listed_and_the_list_may_hold_nothing_else() -> None:
    free = _operation("free", "A")
    del free["x-permissions"]
    paths = {"/v1/free": {"post": free}, "/v1/kept": {"get": _operation("kept", "A")}}
    service = _service("one", paths, A=_TEXT)
    listed = merged([service], ["free"])
    assert listed["channel"]["paths"]["/v1/free"]["post"]["x-public"]
    assert [] == list(openness(listed, ["free"]))
    unlisted = list(openness(merged([service], []), []))
    assert ["POST /v1/free needs no token and is not in public-operations.yaml"] == unlisted
    assert [
        "public-operations.yaml lists kept, which needs a token",
        "public-operations.yaml lists gone, which does not exist",
    ] == list(openness(listed, ["free", "kept", "gone"]))
