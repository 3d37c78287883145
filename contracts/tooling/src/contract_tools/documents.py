"""The three published OpenAPI documents, merged from what the services offer."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from contract_tools.services import Service

Document = dict[str, Any]

SURFACES: Final[Mapping[str, tuple[str, ...]]] = {
    "channel": ("/v1/",),
    "integration": ("/integration/v1/", "/oauth/"),
    "admin": ("/admin/v1/",),
}
TITLES: Final[Mapping[str, str]] = {
    "channel": "Kontor for ordering channels",
    "integration": "Kontor for ERP, PIM and data providers",
    "admin": "Kontor for the wholesaler's staff",
}
UNPUBLISHED: Final = ("/internal/", "/.well-known/", "/openapi/", "/docs/")
METHODS: Final = frozenset({"get", "put", "post", "patch", "delete", "head", "options"})
_REFERENCE: Final = re.compile(r"#/components/([A-Za-z]+)/(.+)")


class ContractError(Exception):
    """The services contradict each other, or publish what belongs nowhere."""


def merged(services: Iterable[Service], public: Iterable[str]) -> dict[str, Document]:
    """The document of each surface. Raises ContractError.

    `public` are the operations that need no token; they are marked `x-public`.
    """
    public = set(public)
    documents = {surface: _empty(surface) for surface in SURFACES}
    for service in services:
        for path, item in service.document.get("paths", {}).items():
            surface = surface_of(path)
            if surface is not None:
                _add(documents[surface], path, item, service, public)
    for document in documents.values():
        _unique_operation_ids(document)
        used = {tag for _, _, operation in operations(document) for tag in operation.get("tags", ())}
        document["tags"] = [{"name": tag} for tag in sorted(used)]
    return documents


def surface_of(path: str) -> str | None:
    """The surface a path is published on, None for what the gateway keeps inside. Raises ContractError."""
    if path.startswith(UNPUBLISHED):
        return None
    for surface, prefixes in SURFACES.items():
        if path.startswith(prefixes):
            return surface
    raise ContractError(f"{path} belongs to no surface")


def operations(document: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation, each."""
    for path, item in document["paths"].items():
        for method in sorted(METHODS & item.keys()):
            yield path, method, item[method]


def as_text(document: Document) -> str:
    """A document as it is committed: sorted, indented, ending in a line break."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _empty(surface: str) -> Document:
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLES[surface], "version": "1"},
        "paths": {},
        "components": {},
    }


def _add(document: Document, path: str, item: dict[str, Any], service: Service, public: set[str]) -> None:
    target = document["paths"].setdefault(path, {})
    for name, content in item.items():
        if name in target:
            raise ContractError(f"{name.upper()} {path} stands twice, the second time in {service.name}")
        target[name] = deepcopy(content)
        if name not in METHODS:
            continue
        # The gateway routes by this; nobody outside needs to know it.
        target[name]["x-service"] = service.name
        if content.get("operationId") in public:
            target[name]["x-public"] = True
    for kind, name in _reachable(item, service.document):
        _add_component(document, kind, name, service)


def _add_component(document: Document, kind: str, name: str, service: Service) -> None:
    shape = service.document["components"][kind][name]
    known = document["components"].setdefault(kind, {}).setdefault(name, shape)
    if known != shape:
        raise ContractError(f"{name} has two shapes; the second one is of {service.name}")


def _reachable(part: Any, source: Document) -> set[tuple[str, str]]:
    """Kind and name of every component a part refers to, directly or through others."""
    found: set[tuple[str, str]] = set()
    waiting = list(_mentioned(part))
    while waiting:
        component = waiting.pop()
        if component in found:
            continue
        kind, name = component
        if name not in source.get("components", {}).get(kind, {}):
            raise ContractError(f"#/components/{kind}/{name} is referred to and does not exist")
        found.add(component)
        waiting += _mentioned(source["components"][kind][name])
    return found


def _mentioned(part: Any) -> Iterator[tuple[str, str]]:
    if isinstance(part, list):
        for inner in part:
            yield from _mentioned(inner)
    if not isinstance(part, dict):
        return
    for key, inner in part.items():
        match = _REFERENCE.fullmatch(inner) if key == "$ref" and isinstance(inner, str) else None
        if match:
            yield match[1], match[2]
        elif key == "security" and isinstance(inner, list):
            yield from (("securitySchemes", scheme) for needed in inner for scheme in needed)
        else:
            yield from _mentioned(inner)


def _unique_operation_ids(document: Document) -> None:
    seen: dict[str, str] = {}
    for path, method, operation in operations(document):
        name = operation.get("operationId", "")
        here = f"{method.upper()} {path}"
        if name in seen:
            raise ContractError(f"the operationId {name} stands at {seen[name]} and at {here}")
        seen[name] = here
