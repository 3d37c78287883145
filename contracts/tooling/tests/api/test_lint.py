"""Our Spectral rules, each broken once, by the real Spectral."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from contract_tools.lint import lint

_CONTRACTS = Path(__file__).parents[3]
_PROBLEM = {
    "description": "no",
    "content": {"application/problem+json": {"schema": {"type": "object"}}},
    "x-problem-codes": ["not_found"],
}
_DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Things", "version": "1"},
    "paths": {
        "/admin/v1/small-things/{thing_id}": {
            "put": {
                "operationId": "change_thing",
                "summary": "Change a thing",
                "tags": ["things"],
                "x-permissions": [],
                "parameters": [{"name": "page_size", "in": "query", "schema": {"type": "string"}}],
                "responses": {"200": {"description": "yes"}, "404": _PROBLEM, "428": _PROBLEM},
            }
        }
    },
    "components": {"schemas": {"Thing": {"type": "object", "properties": {"net_price": {"type": "string"}}}}},
}
_PATH = "/admin/v1/small-things/{thing_id}"


def _operation(**changed: Any) -> dict[str, Any]:
    document = deepcopy(_DOCUMENT)
    operation = document["paths"][_PATH]["put"]
    for name, value in changed.items():
        if value is None:
            del operation[name.replace("_", "-")]
        else:
            operation[name] = value
    return document


def _schema(**properties: Any) -> dict[str, Any]:
    return _DOCUMENT | {"components": {"schemas": {"Thing": {"type": "object", "properties": properties}}}}


def _responses(**changed: Any) -> dict[str, Any]:
    kept = _DOCUMENT["paths"][_PATH]["put"]["responses"]
    return _operation(responses=kept | {name.lstrip("s"): value for name, value in changed.items()})


_BROKEN = {
    "paths-are-kebab-case": _DOCUMENT | {"paths": {"/admin/v1/smallThings": _DOCUMENT["paths"][_PATH]}},
    "fields-are-snake-case": _schema(netPrice={"type": "string"}),
    "no-numbers-for-decimals": _schema(net_price={"type": "number"}),
    "parameters-are-snake-case": _operation(parameters=[{"name": "pageSize", "in": "query"}]),
    "operation-has-an-id": _operation(operationId="changeThing"),
    "operation-has-a-summary": _operation(summary=""),
    "operation-has-a-tag": _operation(tags=[]),
    "operation-states-its-permissions": _operation(x_permissions=None),
    "failures-are-problems": _responses(s409={"description": "no", "content": {"application/json": {}}}),
    "no-default-response": _responses(default={"description": "whatever"}),
    "changes-name-their-version": _operation(responses={"200": {"description": "yes"}}),
}


def _linted(folder: Path, document: dict[str, Any]) -> str:
    path = folder / "things.json"
    path.write_text(json.dumps(document))
    return lint(_CONTRACTS, [path])


def test_a_document_that_keeps_every_rule_passes(tmp_path: Path) -> None:
    assert "" == _linted(tmp_path, _DOCUMENT)


@pytest.mark.parametrize("rule", _BROKEN)
def test_a_broken_rule_is_found_and_named(tmp_path: Path, rule: str) -> None:
    assert rule in _linted(tmp_path, _BROKEN[rule])


def test_every_rule_is_broken_here_once() -> None:
    lines = (_CONTRACTS / "spectral.yaml").read_text(encoding="utf-8").splitlines()
    rules = [line.strip(" :") for line in lines if line.startswith("  ") and line[2] != " "]
    assert sorted(rules) == sorted(_BROKEN)
