"""The route table: which service answers a published operation, made from the committed contracts alone.

What stands in no contract has no route: `/internal/…` is out of reach because no contract names it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import orjson

from chassis.failures import NotFound
from chassis.problems import MethodNotAllowed

SURFACES: Final = ("channel", "integration", "admin")
OURS: Final = "gateway"
_METHODS: Final = frozenset({"get", "put", "post", "delete", "patch"})
# Our paths are ids, codes and names. An escape, a dot segment or a double slash in one is never ours, so that
# no two parsers on the way can read it differently.
_PATH: Final = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._~-]+)+", re.ASCII)
_STREAMED: Final = ("application/x-ndjson", "text/csv")


class Load(StrEnum):
    """How large a body an operation takes."""

    JSON = "json"
    BATCH = "batch"
    IMPORT = "import"


@dataclass(frozen=True)
class Operation:
    """A published operation: who answers it, whether without a token, how large its body may be."""

    method: str
    path: str
    service: str
    public: bool
    load: Load


# Protocol addresses: RFC 6749 and RFC 8414 name them, so they belong to no surface.
PROTOCOL: Final = (
    Operation("POST", "/oauth/token", "accounts", public=True, load=Load.JSON),
    Operation("GET", "/.well-known/jwks.json", "accounts", public=True, load=Load.JSON),
)


@dataclass
class _Node:
    children: dict[str, "_Node"] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)


class RouteTable:
    """Finds the operation of a method and path; fixed segments win over parameters."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = _Node()
        self.operations = tuple(operations)
        for operation in self.operations:
            node = self._root
            for segment in operation.path.strip("/").split("/"):
                node = node.children.setdefault("{}" if segment.startswith("{") else segment, _Node())
            node.operations[operation.method] = operation

    def find(self, method: str, path: str) -> Operation:
        """The operation. Raises NotFound, MethodNotAllowed. `path` is as sent, without the query."""
        node = _walk(self._root, path.split("/")[1:]) if _PATH.fullmatch(path) else None
        if node is None:
            raise NotFound
        operation = node.operations.get(method)
        if operation is None:
            raise MethodNotAllowed(extra={"allowed": sorted(node.operations)})
        return operation

    def tries_secrets(self, method: str, path: str) -> bool:
        """Whether the operation changes something for callers without a token: log-in, reset, tokens."""
        found = self._known(method, path) if method == "POST" else None
        return found is not None and found.public

    def is_upload(self, method: str, path: str) -> bool:
        """Whether the operation takes an upload of an import run."""
        found = self._known(method, path) if method == "POST" else None
        return found is not None and found.load is Load.IMPORT

    def owner_of(self, method: str, path: str) -> str | None:
        """The service that answers the operation; None where the gateway does, or nobody."""
        found = self._known(method, path)
        return found.service if found else None

    def _known(self, method: str, path: str) -> Operation | None:
        try:
            return self.find(method, path)
        except (NotFound, MethodNotAllowed):
            return None


def _walk(node: _Node, segments: list[str]) -> _Node | None:
    if not segments:
        return node if node.operations else None
    for name in (segments[0], "{}"):
        child = node.children.get(name)
        found = _walk(child, segments[1:]) if child else None
        if found is not None:
            return found
    return None


def read_contracts(contracts_dir: Path) -> dict[str, dict[str, Any]]:
    """The published documents by surface. Raises FileNotFoundError when one is missing."""
    folder = contracts_dir / "http"
    return {
        surface: orjson.loads((folder / f"{surface}.v1.openapi.json").read_bytes()) for surface in SURFACES
    }


def table_of(documents: Mapping[str, Mapping[str, Any]]) -> RouteTable:
    """The table of what other services answer. Raises ValueError for an operation without an owner."""
    operations = {(operation.method, operation.path): operation for operation in PROTOCOL}
    for surface, document in documents.items():
        for path, item in document["paths"].items():
            for method in _METHODS & item.keys():
                operation = _operation(surface, method, path, item[method])
                if operation.service != OURS:
                    operations[(operation.method, path)] = operation
    return RouteTable(operations.values())


def _operation(surface: str, method: str, path: str, content: Mapping[str, Any]) -> Operation:
    if "x-service" not in content:
        raise ValueError(f"{method.upper()} {path} has no x-service: the contract does not say who answers")
    media_types = content.get("requestBody", {}).get("content", {})
    load = Load.BATCH if surface == "integration" else Load.JSON
    if any(streamed in media_types for streamed in _STREAMED):
        load = Load.IMPORT
    return Operation(
        method=method.upper(),
        path=path,
        service=content["x-service"],
        public=not content.get("security"),
        load=load,
    )
