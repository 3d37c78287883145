"""The published contracts as tests walk them: operations, what they take, and requests they would accept."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from local_stack.state import REPOSITORY

SURFACES: Final = {"channel": "user", "integration": "client", "admin": "staff"}
UNKNOWN_ID: Final = "00000000-0000-7000-8000-000000000000"
JSON: Final = "application/json"
_PARAMETER: Final = re.compile(r"{([a-z_]+)}")
_METHODS: Final = ("get", "post", "put", "patch", "delete")


@cache
def document(surface: str) -> Any:
    """A published OpenAPI document."""
    return json.loads((REPOSITORY / f"contracts/http/{surface}.v1.openapi.json").read_text())


def resolved(surface: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema with its references followed; of "this or null" it is this, with `nullable` said."""
    while "$ref" in schema:
        schema = document(surface)["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    choices = schema.get("anyOf")
    if choices is None:
        return dict(schema)
    some = [choice for choice in choices if choice.get("type") != "null"]
    inner = resolved(surface, some[0])
    return inner | {"nullable": len(some) < len(choices), "others": some[1:]}


@dataclass(frozen=True)
class Operation:
    """One operation of a contract."""

    surface: str
    method: str
    path: str
    content: Mapping[str, Any] = field(hash=False, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def id(self) -> str:
        """Its operationId."""
        return str(self.content["operationId"])

    @property
    def permissions(self) -> tuple[str, ...]:
        """Any one of these suffices."""
        return tuple(self.content.get("x-permissions", ()))

    @property
    def public(self) -> bool:
        """Whether it takes no token."""
        return bool(self.content.get("x-public"))

    @property
    def media_types(self) -> tuple[str, ...]:
        """The kinds of body it reads."""
        return tuple(self.content.get("requestBody", {}).get("content", {}))

    @property
    def media_type(self) -> str | None:
        """The first kind of body it reads, None without a body."""
        return self.media_types[0] if self.media_types else None

    @property
    def body_schema(self) -> dict[str, Any] | None:
        """The schema of its JSON body."""
        body = self.content.get("requestBody", {}).get("content", {}).get(JSON)
        return None if body is None else resolved(self.surface, body["schema"])

    @property
    def codes(self) -> dict[int, set[str]]:
        """Every problem code it may answer, by status."""
        return {
            int(status): set(answer["x-problem-codes"])
            for status, answer in self.content["responses"].items()
            if "x-problem-codes" in answer
        }

    @property
    def statuses(self) -> set[int]:
        """Every status it may answer."""
        return {int(status) for status in self.content["responses"]}

    def taken(self, where: str) -> dict[str, dict[str, Any]]:
        """Its parameters in the query, path or header, by name, with `required` and their schema."""
        return {
            parameter["name"]: resolved(self.surface, parameter["schema"])
            | {"required": parameter.get("required", False)}
            for parameter in self.content.get("parameters", ())
            if parameter["in"] == where
        }

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in the path."""
        return tuple(_PARAMETER.findall(self.path))

    @property
    def last(self) -> str:
        """The last word of the path."""
        return self.path.rpartition("/")[2]

    def address(self, ids: Mapping[str, str] | None = None) -> str:
        """The path with ids put in; those not given are of nothing."""
        return _PARAMETER.sub(lambda found: (ids or {}).get(found[1], UNKNOWN_ID), self.path)

    def body(self, content_of: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Headers and content that get past the door, so that it is the caller who is judged."""
        if self.media_type is None:
            return {}
        content = json.dumps(content_of or {}).encode() if self.media_type == JSON else b""
        return {"headers": {"Content-Type": self.media_type, "Idempotency-Key": "k"}, "content": content}


def _operations() -> Iterator[Operation]:
    for surface in SURFACES:
        for path, item in document(surface)["paths"].items():
            for method in _METHODS:
                if method in item:
                    yield Operation(surface, method.upper(), path, item[method])


OPERATIONS: Final = tuple(_operations())
CLOSED: Final = tuple(operation for operation in OPERATIONS if not operation.public)


def permissions_of(surface: str) -> list[str]:
    """Every permission the operations of a surface name."""
    return sorted({name for each in OPERATIONS if each.surface == surface for name in each.permissions})
