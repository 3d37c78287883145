"""Published contracts for tests: the gateway's own, and a few operations of each neighbour."""

from pathlib import Path
from typing import Any

import orjson

from gateway.api import contract

_TOKEN: list[dict[str, list[str]]] = [{"bearer": []}]


def operation(service: str, *, public: bool = False, body: str | None = None) -> dict[str, Any]:
    """An operation as the merged contracts say it."""
    found: dict[str, Any] = {
        "operationId": "some_operation",
        "summary": "Does something",
        "tags": [service],
        "x-service": service,
        "responses": {
            "404": {
                "description": "`not_found`: There is no such thing, or it is not yours",
                "x-problem-codes": ["not_found"],
            }
        },
    }
    if not public:
        found |= {"security": _TOKEN, "x-callers": ["user"], "x-permissions": []}
    if body is not None:
        found["requestBody"] = {"content": {body: {"schema": {"type": "object"}}}}
    return found


def documents() -> dict[str, dict[str, Any]]:
    """The three documents by surface."""
    json = "application/json"
    paths: dict[str, dict[str, Any]] = {
        "channel": {
            "/v1/login": {"post": operation("accounts", public=True, body=json)},
            "/v1/me": {"get": operation("accounts")},
            "/v1/orders": {"get": operation("order_export"), "post": operation("order_export", body=json)},
            "/v1/orders/{order_id}": {"get": operation("order_export")},
            "/v1/orders/mine": {"get": operation("order_export")},
        },
        "integration": {
            "/integration/v1/stock": {"post": operation("catalog", body=json)},
            "/integration/v1/products/imports": {"post": operation("catalog", body="application/x-ndjson")},
        },
        "admin": {
            "/admin/v1/accounts/{account_id}": {
                "get": operation("accounts"),
                "patch": operation("accounts", body=json),
            },
        },
    }
    for path, item in contract()["paths"].items():
        surface = {"v1": "channel", "integration": "integration", "admin": "admin"}[path.split("/")[1]]
        paths[surface][path] = {
            method: content | {"x-service": "gateway"} for method, content in item.items()
        }
    return {
        surface: {
            "openapi": "3.1.0",
            "info": {"title": f"Kontor: {surface}", "version": "1"},
            "paths": found,
            "components": contract()["components"],
        }
        for surface, found in paths.items()
    }


def write_contracts(folder: Path) -> Path:
    """A contracts folder with the three documents."""
    (folder / "http").mkdir(parents=True)
    for surface, document in documents().items():
        (folder / "http" / f"{surface}.v1.openapi.json").write_bytes(orjson.dumps(document))
    return folder
