"""Two JSON Schemas compared from a client's side: what it may send, and what it gets."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

Change = tuple[str, str, bool]
Schema = dict[str, Any]
_ANY: Final = "anything"
_UPPER: Final = ("maxLength", "maximum", "maxItems", "exclusiveMaximum")
_LOWER: Final = ("minLength", "minimum", "minItems", "exclusiveMinimum")


class Use(StrEnum):
    """Which way the value travels: to us, where narrowing breaks; or to the client, where losing does."""

    REQUEST = "request"
    RESPONSE = "response"


def compare_schemas(old: tuple[Schema, Schema], new: tuple[Schema, Schema], use: Use) -> Iterator[Change]:
    """Pointer, what changed, and whether it breaks. Each side is a schema with the document it stands in."""
    yield from _Comparison(old[1], new[1], use).compare("", old[0], new[0])


class _Comparison:
    """One walk down both schemas at once; a pair of references is entered once, so that cycles end."""

    def __init__(self, old: Schema, new: Schema, use: Use) -> None:
        self._old = old
        self._new = new
        self._use = use
        self._entered: set[tuple[str, str]] = set()

    def compare(self, pointer: str, old: Schema, new: Schema) -> Iterator[Change]:
        if "$ref" in old and "$ref" in new:
            pair = old["$ref"], new["$ref"]
            if pair in self._entered:
                return
            self._entered.add(pair)
        before, after = variants(old, self._old), variants(new, self._new)
        yield from self._kinds(pointer, before, after)
        for kind in before.keys() & after.keys():
            yield from self._content(pointer, before[kind], after[kind])

    def _kinds(
        self, pointer: str, before: Mapping[str, Schema], after: Mapping[str, Schema]
    ) -> Iterator[Change]:
        lost, gained = before.keys() - after.keys(), after.keys() - before.keys()
        if "number" in after:
            lost -= {"integer"}
        if "number" in before:
            gained -= {"integer"}
        if _ANY not in after and lost:
            breaking = self._use is Use.REQUEST
            yield pointer, f"type narrowed, no longer {', '.join(sorted(lost))}", breaking
        if _ANY not in before and gained:
            breaking = self._use is Use.RESPONSE
            yield pointer, f"type widened by {', '.join(sorted(gained))}", breaking

    def _content(self, pointer: str, old: Schema, new: Schema) -> Iterator[Change]:
        yield from self._enum(pointer, old, new)
        yield from self._properties(pointer, old, new)
        if self._use is Use.REQUEST:
            yield from _bounds(pointer, old, new)
        for key, step in (("items", "/*"), ("additionalProperties", "/{}")):
            before, after = old.get(key), new.get(key)
            if isinstance(before, dict) and isinstance(after, dict):
                yield from self.compare(pointer + step, before, after)

    def _enum(self, pointer: str, old: Schema, new: Schema) -> Iterator[Change]:
        before, after = values_of(old), values_of(new)
        if after is None or before == after:
            return
        if before is None:
            yield pointer, "only certain values now", self._use is Use.REQUEST
            return
        if gone := sorted(str(value) for value in before - after):
            yield pointer, f"values removed: {', '.join(gone)}", self._use is Use.REQUEST
        if more := sorted(str(value) for value in after - before):
            yield pointer, f"values added: {', '.join(more)}", False

    def _properties(self, pointer: str, old: Schema, new: Schema) -> Iterator[Change]:
        before, after = old.get("properties", {}), new.get("properties", {})
        required_before, required_after = set(old.get("required", ())), set(new.get("required", ()))
        for name in sorted(before.keys() | after.keys()):
            here = f"{pointer}/{name}"
            if name not in after:
                yield here, "field removed", True
            elif name not in before:
                breaking = self._use is Use.REQUEST and name in required_after
                yield here, "required field added" if breaking else "field added", breaking
            else:
                if self._use is Use.REQUEST and name in required_after - required_before:
                    yield here, "field became required", True
                if self._use is Use.RESPONSE and name in required_before - required_after:
                    yield here, "field is no longer always there", True
                yield from self.compare(here, before[name], after[name])


def variants(schema: Schema, document: Schema) -> dict[str, Schema]:
    """The alternatives of a schema by kind; several of one kind are told apart by their title."""
    found: dict[str, Schema] = {}
    for alternative in _alternatives(schema, document):
        kind = str(alternative.get("type", "object" if "properties" in alternative else _ANY))
        found[f"{kind} {alternative.get('title', len(found))}" if kind in found else kind] = alternative
    return found


def _alternatives(schema: Schema, document: Schema) -> Iterator[Schema]:
    schema = _resolved(schema, document)
    inner = schema.get("anyOf") or schema.get("oneOf")
    if inner:
        for entry in inner:
            yield from _alternatives(entry, document)
    elif isinstance(schema.get("type"), list):
        yield from ({**schema, "type": kind} for kind in schema["type"])
    elif "type" not in schema and values_of(schema):
        yield {**schema, "type": "string"}
    else:
        yield schema


def _resolved(schema: Schema, document: Schema) -> Schema:
    while "$ref" in schema:
        target: Any = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        schema = target
    return schema


def values_of(schema: Schema) -> set[Any] | None:
    if "const" in schema:
        return {schema["const"]}
    return set(schema["enum"]) if "enum" in schema else None


def _bounds(pointer: str, old: Schema, new: Schema) -> Iterator[Change]:
    for name in _UPPER:
        if name in new and new[name] < old.get(name, float("inf")):
            yield pointer, f"{name} lowered to {new[name]}", True
    for name in _LOWER:
        # A least length or count of nothing is what there was without one.
        unbounded = 0 if name in ("minLength", "minItems") else float("-inf")
        if name in new and new[name] > old.get(name, unbounded):
            yield pointer, f"{name} raised to {new[name]}", True
    if "pattern" in new and new["pattern"] != old.get("pattern"):
        yield pointer, f"pattern is now {new['pattern']}", True
