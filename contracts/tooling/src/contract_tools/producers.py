"""An event's committed schema held against the model its producer writes: fields, types, what is required."""

from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel

from contract_tools.schemas import Schema, values_of, variants

_DELETION: Final = {"id", "deleted"}


def unlike(schema: Schema, model: type[BaseModel]) -> Iterator[str]:
    """A sentence for each place where the schema says another thing than the model writes.

    The deletion of a state is not the model's. Titles, descriptions and bounds are nobody's promise here.
    """
    written = model.model_json_schema(mode="serialization")
    yield from _Walk(schema, written).compare("", schema, written)


class _Walk:
    """One walk down both at once; a pair of references is entered once, so that cycles end."""

    def __init__(self, schema: Schema, written: Schema) -> None:
        self._schema = schema
        self._written = written
        self._entered: set[tuple[str, str]] = set()

    def compare(self, pointer: str, said: Schema, written: Schema) -> Iterator[str]:
        if "$ref" in said and "$ref" in written:
            pair = said["$ref"], written["$ref"]
            if pair in self._entered:
                return
            self._entered.add(pair)
        ours = _shapes(variants(said, self._schema))
        theirs = _shapes(variants(written, self._written))
        for kind in sorted(ours.keys() ^ theirs.keys()):
            yield f"{_at(pointer)} may be {kind} {_only(kind in ours)}"
        for kind in sorted(ours.keys() & theirs.keys()):
            yield from self._content(pointer, ours[kind], theirs[kind])

    def _content(self, pointer: str, said: Schema, written: Schema) -> Iterator[str]:
        for value in sorted(map(str, _values(said) ^ _values(written))):
            yield f"{_at(pointer)} may be {value} {_only(value in map(str, _values(said)))}"
        if said.get("format") != written.get("format"):
            ours, theirs = said.get("format"), written.get("format")
            yield f"{_at(pointer)} has the format {ours}, and {theirs} in the model"
        yield from self._fields(pointer, said, written)
        for key, step in (("items", "/*"), ("additionalProperties", "/{}")):
            ours, theirs = said.get(key, True), written.get(key, True)
            if isinstance(ours, dict) and isinstance(theirs, dict):
                yield from self.compare(pointer + step, ours, theirs)
            elif ours != theirs:
                yield f"{_at(pointer)} has {key} {ours!r}, and {theirs!r} in the model"

    def _fields(self, pointer: str, said: Schema, written: Schema) -> Iterator[str]:
        ours, theirs = said.get("properties", {}), written.get("properties", {})
        for name in sorted(ours.keys() ^ theirs.keys()):
            yield f"{pointer}/{name} is there {_only(name in ours)}"
        for name in sorted(set(said.get("required", ())) ^ set(written.get("required", ()))):
            yield f"{pointer}/{name} is required {_only(name in said.get('required', ()))}"
        for name in sorted(ours.keys() & theirs.keys()):
            yield from self.compare(f"{pointer}/{name}", ours[name], theirs[name])


def _shapes(found: dict[str, Schema]) -> dict[str, Schema]:
    """The alternatives without the deletion, which consumers are told of in another way."""
    return {kind: each for kind, each in found.items() if set(each.get("properties", ())) != _DELETION}


def _values(schema: Schema) -> set[Any]:
    return values_of(schema) or set()


def _only(in_schema: bool) -> str:
    return "in the schema and not in the model" if in_schema else "in the model and not in the schema"


def _at(pointer: str) -> str:
    return pointer or "the value"
