"""Everything `make contracts` holds the committed contracts against."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml
from jsonschema.exceptions import ValidationError
from openapi_spec_validator import OpenAPIV31SpecValidator

from contract_tools import asyncapi, dependencies, documents
from contract_tools.differ import Difference, differences
from contract_tools.documents import Document
from contract_tools.events import check_events
from contract_tools.lint import lint
from contract_tools.published import Published
from contract_tools.services import Service


def faults(published: Published, services: Sequence[Service]) -> Iterator[str]:
    """A sentence for each fault. Raises documents.ContractError and lint.LintError."""
    merged = documents.merged(services, published.public_operations())
    for surface, document in merged.items():
        path = published.document(surface)
        if not path.is_file() or documents.as_text(document) != path.read_text(encoding="utf-8"):
            yield f"{path.name} is not what the code says: see what `make contracts-update` changes"
        yield from (f"{path.name}: {fault}" for fault in invalid(document))
    events = asyncapi.as_text(asyncapi.document(published.folder))
    if not published.asyncapi.is_file() or events != published.asyncapi.read_text(encoding="utf-8"):
        yield "asyncapi.json is not what the topic files say: run `make contracts-update`"
    yield from openness(merged, published.public_operations())
    yield from _dependencies(published, services)
    yield from check_events(published.folder, services)
    written = [path for path in published.documents().values() if path.is_file()]
    if found := lint(published.folder, written):
        yield f"Spectral found:\n{found}"


def changes(published: Published, services: Sequence[Service]) -> dict[str, list[Difference]]:
    """Differences to the branch main, by surface."""
    merged = documents.merged(services, published.public_operations())
    found = {}
    for surface, document in merged.items():
        before = published.on_main(surface)
        found[surface] = differences(before, document) if before is not None else []
    return found


def invalid(document: Document) -> Iterator[str]:
    """Where a document breaks OpenAPI 3.1."""
    errors: Iterator[ValidationError] = OpenAPIV31SpecValidator(document).iter_errors()
    yield from (f"{error.json_path}: {error.message}" for error in errors)


def openness(merged: Mapping[str, Document], public: Sequence[str]) -> Iterator[str]:
    """Operations that say nobody's permission and are not listed as public, and entries that say too much."""
    asking: dict[str, bool] = {}
    for document in merged.values():
        for path, method, operation in documents.operations(document):
            asking[operation["operationId"]] = "x-permissions" in operation
            if "x-permissions" not in operation and operation["operationId"] not in public:
                yield f"{method.upper()} {path} needs no token and is not in public-operations.yaml"
    for name in public:
        if asking.get(name, True):
            why = "needs a token" if name in asking else "does not exist"
            yield f"public-operations.yaml lists {name}, which {why}"


def _dependencies(published: Published, services: Sequence[Service]) -> Iterator[str]:
    present = dependencies.found(services)
    committed: dict[str, Any] = {}
    if published.dependencies.is_file():
        committed = yaml.safe_load(published.dependencies.read_text(encoding="utf-8")) or {}
    yield from (f"dependencies.yaml: {fault}" for fault in dependencies.unlisted(committed, present))
    if around := dependencies.cycle(present["calls"]):
        yield f"calls run in a circle: {' → '.join(around)}"
