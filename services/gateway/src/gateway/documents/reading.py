"""The published contracts made readable: self-contained pages, rendered once when the gateway starts."""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from jinja2 import Environment, PackageLoader
from markupsafe import Markup, escape

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_TITLE: Final = re.compile(r"`([a-z0-9_]+)`: ([^;]+)")
_NAME: Final = re.compile(r"`([^`]+)`")
_SCHEMA: Final = "#/components/schemas/"


@dataclass
class Problem:
    """A problem code: its status, its title, and the operations that answer it."""

    code: str
    status: int
    title: str
    operations: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Library:
    """Everything the gateway shows: documents as bytes, pages as HTML text, by name."""

    documents: Mapping[str, bytes]
    pages: Mapping[str, str]
    problems: Mapping[str, str]
    style_hash: str


def library_of(documents: Mapping[str, Mapping[str, Any]]) -> Library:
    """Renders documents by surface."""
    environment = Environment(loader=PackageLoader("gateway", "documents/pages"), autoescape=True)
    environment.filters |= {"shape": shape, "prose": prose}
    style, *_ = environment.loader.get_source(environment, "style.css") if environment.loader else ("",)
    surface_page = environment.get_template("surface.html.jinja")
    problem_page = environment.get_template("problem.html.jinja")
    return Library(
        documents={surface: orjson.dumps(document) for surface, document in documents.items()},
        pages={
            surface: surface_page.render(
                surface=surface,
                surfaces=list(documents),
                document=document,
                groups=_by_tag(document),
                style=Markup(style),  # noqa: S704 - our own file, no text of others
            )
            for surface, document in documents.items()
        },
        problems={
            problem.code: problem_page.render(problem=problem, style=Markup(style))  # noqa: S704 - as above
            for problem in problems_of(documents).values()
        },
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(method, path, operation) of a document, in its order."""
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def _by_tag(document: Mapping[str, Any]) -> dict[str, list[tuple[str, str, Mapping[str, Any]]]]:
    groups: dict[str, list[tuple[str, str, Mapping[str, Any]]]] = {}
    for found in operations(document):
        tags = found[2].get("tags") or ["other"]
        groups.setdefault(tags[0], []).append(found)
    return dict(sorted(groups.items()))


def problems_of(documents: Mapping[str, Mapping[str, Any]]) -> dict[str, Problem]:
    """Every problem code of the contracts, by code."""
    found: dict[str, Problem] = {}
    for document in documents.values():
        for method, path, operation in operations(document):
            for status, response in operation["responses"].items():
                titles = dict(_TITLE.findall(response.get("description", "")))
                for code in response.get("x-problem-codes", ()):
                    problem = found.setdefault(code, Problem(code, int(status), titles.get(code, code)))
                    problem.operations.append(f"{method} {path}")
    return found


def shape(schema: Mapping[str, Any] | None) -> Markup:
    """A schema in a few words, its named parts as links into the page."""
    if not schema:
        return Markup("anything")
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_SCHEMA)
        return Markup('<a href="#schema-{0}">{0}</a>').format(name)
    for joiner in ("anyOf", "oneOf", "allOf"):
        if joiner in schema:
            return Markup(" or ").join(shape(part) for part in schema[joiner])
    if "const" in schema:
        return Markup("<code>{}</code>").format(schema["const"])
    if "enum" in schema:
        return Markup(" | ").join(Markup("<code>{}</code>").format(value) for value in schema["enum"])
    kind = schema.get("type", "anything")
    if kind == "array":
        return Markup("list of ") + shape(schema.get("items"))
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return Markup("object of ") + shape(schema["additionalProperties"])
    return escape(kind if "format" not in schema else f"{kind} ({schema['format']})")


def prose(text: str | None) -> Markup:
    """A description, with what stands in backticks as code."""
    return Markup(_NAME.sub(r"<code>\1</code>", str(escape(text or ""))))  # noqa: S704 - escaped before
