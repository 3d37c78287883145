"""What a field of a row may hold, and how its value is checked."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from feeds.values import Refused, compile_check


class Kind(StrEnum):
    """What a field holds."""

    TEXT = "text"  # control characters are stripped with a warning
    KEY = "key"  # exact characters, blanks included; control characters are refused
    DECIMAL = "decimal"  # from its digits, never through a float
    QUANTITY = "quantity"  # a decimal that is not negative
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    CURRENCY = "currency"  # ISO 4217, three capitals
    ENUM = "enum"
    REFERENCE = "reference"  # (source, external_id) of something else; source defaults to the row's
    JSON = "json"  # a list or object, typed by `of` where given


_SQL_TYPES = {
    Kind.DECIMAL: "numeric",
    Kind.QUANTITY: "numeric",
    Kind.INTEGER: "bigint",
    Kind.BOOLEAN: "boolean",
    Kind.DATE: "date",
    Kind.TIMESTAMP: "timestamptz",
    Kind.JSON: "jsonb",
}


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a row.

    `required`: it cannot be cleared, and a row that creates must carry it. `path`: where it stands in a
    nested object, `applies_to/type`; a CSV column is always named by `name`. `of`: for JSON, the fields of
    each object of a list, or one field for a list of plain values. `absent`: what a key part counts as where
    it is absent or empty, so that leaving it out and saying it is the same key. Lengths are characters,
    `scale` and `digits` decimals after the point and in all.
    """

    name: str
    kind: Kind
    required: bool = False
    max_length: int = 255
    scale: int = 6
    digits: int = 18
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str, ...] = ()
    multiline: bool = False
    path: str = ""
    of: "tuple[Field, ...] | Field | None" = None
    max_items: int = 1000
    absent: str = ""
    description: str = ""

    @property
    def pointer(self) -> str:
        """Where the field stands in its row, as a JSON pointer."""
        return "/" + (self.path or self.name)

    @property
    def sql_type(self) -> str:
        """The PostgreSQL type of its column in a chunk."""
        return _SQL_TYPES.get(self.kind, "text")

    def json_schema(self) -> dict[str, Any]:
        """How OpenAPI describes it; null clears what is not required."""
        schema = _json_schema(self)
        if self.description:
            schema["description"] = self.description
        return schema if self.required else {"anyOf": [schema, {"type": "null"}]}


def _json_schema(field: Field) -> dict[str, Any]:
    match field.kind:
        case Kind.DECIMAL | Kind.QUANTITY:
            return {"anyOf": [{"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}, {"type": "number"}]}
        case Kind.INTEGER:
            limits = {"minimum": field.minimum, "maximum": field.maximum}
            return {"type": "integer", **{name: limit for name, limit in limits.items() if limit is not None}}
        case Kind.BOOLEAN:
            return {"type": "boolean"}
        case Kind.DATE:
            return {"type": "string", "format": "date"}
        case Kind.TIMESTAMP:
            return {"type": "string", "format": "date-time"}
        case Kind.CURRENCY:
            return {"type": "string", "pattern": "^[A-Z]{3}$"}
        case Kind.ENUM:
            return {"type": "string", "enum": list(field.choices)}
        case Kind.REFERENCE:
            text = {"type": "string", "maxLength": field.max_length}
            both = {"source": text, "external_id": text}
            return {"anyOf": [text, {"type": "object", "properties": both, "required": ["external_id"]}]}
        case Kind.JSON:
            return _json_items_schema(field)
        case _:
            return {"type": "string", "maxLength": field.max_length}


def _json_items_schema(field: Field) -> dict[str, Any]:
    if field.of is None:
        return {}
    if isinstance(field.of, Field):
        return {"type": "array", "items": _json_schema(field.of), "maxItems": field.max_items}
    item = {
        "type": "object",
        "properties": {member.name: member.json_schema() for member in field.of},
        "required": [member.name for member in field.of if member.required],
    }
    return {"type": "array", "items": item, "maxItems": field.max_items}


class Note(NamedTuple):
    """A warning or error about one place of a row."""

    pointer: str
    code: str
    message: str


class Row(NamedTuple):
    """What reading one row gave. `key` is None when it could not be read; `cells` is None when refused.

    `cells` are the values in the order of `RowSchema.places`; `mask` has the bit of each field that came.
    A refused row with a key still counts as present, so that a full feed never discontinues what it names.
    """

    key: str | None
    cells: list[Any] | None
    mask: int
    deleted: bool
    warnings: list[Note] | None
    errors: list[Note] | None


def unreadable(error: Note) -> Row:
    """A row of which nothing is known but what is wrong with it."""
    return Row(key=None, cells=None, mask=0, deleted=False, warnings=None, errors=[error])


class _Reading(NamedTuple):
    """One row being read: whose it is, whom it may refer to, and what was found in it so far."""

    source: str
    others: Collection[str]
    unknown: set[str]
    cells: list[Any]
    warnings: list[Note]
    errors: list[Note]


class _Rule(NamedTuple):
    place: int
    bit: int
    pointer: str
    check: Callable[[Any, list[tuple[str, str]]], Any]
    required: bool
    source_place: int | None


class _KeyPart(NamedTuple):
    place: int
    source_place: int | None
    absent: str
    required: bool
    pointer: str


SEPARATOR = "\x1f"  # between the parts of a key; no key may contain it
NOTHING = "\x1e"  # a key part that is null


class RowSchema:
    """The fields of a resource's rows and which of them identify a row within its source.

    `key` names fields in the order of the target's unique index (after `source`). A row may carry
    `deleted: true` unless `deletable` is off. At most 62 fields.
    """

    def __init__(self, *fields: Field, key: tuple[str, ...], deletable: bool = True) -> None:
        self.fields = fields
        self.key = key
        self.deletable = deletable
        self.by_name = {field.name: field for field in fields}
        assert len(self.by_name) == len(fields) <= 62, "field names are unique and fit the presence mask"
        assert all(name in self.by_name for name in key), "a key is made of declared fields"
        self.places = self._placed()
        self.width = len(self.places)
        self._rules: dict[str, Any] = {}
        for position, field in enumerate(fields):
            check = compile_check(field, in_key=field.name in key)
            must, source = self.demands(field), self.source_place(field)
            self._place(
                field.path or field.name, _Rule(position, 1 << position, field.pointer, check, must, source)
            )
        if deletable:
            # Its cell comes last and is taken off again: whether a row is deleted stands beside the cells.
            flag = compile_check(Field(name="deleted", kind=Kind.BOOLEAN), in_key=False)
            self._rules["deleted"] = _Rule(self.width, 0, "/deleted", flag, required=False, source_place=None)
        self._key_parts = tuple(self._key_part(self.by_name[name]) for name in key)

    def _placed(self) -> dict[str, int]:
        """Where each value stands in a row's cells: the fields in order, then the sources of references."""
        names = [field.name for field in self.fields]
        names += [f"{field.name}_source" for field in self.fields if field.kind is Kind.REFERENCE]
        return {name: place for place, name in enumerate(names)}

    def _key_part(self, field: Field) -> _KeyPart:
        return _KeyPart(
            self.places[field.name],
            self.source_place(field),
            field.absent,
            self.demands(field),
            field.pointer,
        )

    def demands(self, field: Field) -> bool:
        """Whether every row must have the field: it is required, or the whole key."""
        return field.required or (field.name,) == self.key

    def source_place(self, field: Field) -> int | None:
        """Where the source of a reference stands in a row's cells; None for any other field."""
        return self.places.get(f"{field.name}_source") if field.kind is Kind.REFERENCE else None

    def is_member(self, name: str) -> bool:
        """Whether the name, `erp_attributes/colour`, is of a member of one of the objects rows may carry."""
        field, slash, member = name.partition("/")
        found = self.by_name.get(field)
        return bool(slash and member) and found is not None and found.kind is Kind.JSON and found.of is None

    def _place(self, path: str, rule: _Rule) -> None:
        *parents, last = path.split("/")
        level = self._rules
        for parent in parents:
            level = level.setdefault(parent, {})
        level[last] = rule

    def read(self, row: Any, source: str, unknown: set[str], others: Collection[str] = ()) -> Row:
        """Checks one decoded row of `source`; names of fields nobody knows are added to `unknown`.

        A reference may name one of the `others` instead of `source`.
        """
        if type(row) is not dict:
            return unreadable(Note("", "not_an_object", "A row is a JSON object."))
        reading = _Reading(source, others, unknown, [None] * (self.width + 1), [], [])
        mask = self._walk(self._rules, row, "", reading)
        cells, warnings, errors = reading.cells, reading.warnings or None, reading.errors
        deleted = cells.pop() is True
        key = self.key_of(cells, errors)
        if errors:
            return Row(key, None, mask, deleted, warnings, errors)
        return Row(key, cells, mask, deleted, warnings, None)

    def _walk(self, rules: Mapping[str, Any], row: Mapping[str, Any], prefix: str, reading: _Reading) -> int:
        """Checks one object of the row into `reading`; the bits of the fields that came."""
        cells, warnings, errors = reading.cells, reading.warnings, reading.errors
        mask = 0
        notes: list[tuple[str, str]] = []
        for name, value in row.items():
            rule = rules.get(name)
            if rule is None:
                if len(reading.unknown) < 100:
                    reading.unknown.add(f"{prefix}{name}"[:200])
                continue
            if type(rule) is dict:
                mask |= self._nested(rule, name, value, prefix, reading)
                continue
            place, bit, pointer, check, required, source_place = rule
            if value is None or value == "":
                if required:
                    errors.append(Note(pointer, "required", "It cannot be empty."))
                mask |= bit
                continue
            try:
                found = check(value, notes)
            except Refused as refusal:
                errors.append(Note(pointer + refusal.below, refusal.code, refusal.message))
                notes.clear()
                continue
            if notes:
                warnings.extend(Note(pointer, code, message) for code, message in notes)
                notes.clear()
            if found is None and required:
                errors.append(Note(pointer, "required", "It cannot be empty."))
                continue
            mask |= bit
            if source_place is None:
                cells[place] = found
            else:
                cells[place], given = found
                cells[source_place] = given or reading.source
                if given and given != reading.source and given not in reading.others:
                    errors.append(Note(pointer, "source_not_allowed", f"You may not refer to {given}."))
        return mask

    def _nested(self, rules: Mapping[str, Any], name: str, value: Any, prefix: str, reading: _Reading) -> int:
        if value is None:
            value = dict.fromkeys(rules)
        if type(value) is not dict:
            reading.errors.append(Note(f"/{prefix}{name}", "not_an_object", "It is a JSON object."))
            return 0
        return self._walk(rules, value, f"{prefix}{name}/", reading)

    def key_of(self, cells: list[Any], errors: list[Note]) -> str | None:
        """The canonical text of the key, the same for equal values; None, with an error, without one."""
        pointers = {note.pointer for note in errors} if errors else ()
        parts = []
        for place, source_place, absent, required, pointer in self._key_parts:
            value = cells[place]
            if value is None:
                if absent and pointer not in pointers:
                    value = absent
                elif required or pointer in pointers:
                    if pointer not in pointers:
                        errors.append(Note(pointer, "required", "It is part of the row's key."))
                    return None
            parts.append(value if type(value) is str else _key_text(value))
            if source_place is not None:
                parts.append(cells[source_place] or NOTHING)
        return parts[0] if len(parts) == 1 else SEPARATOR.join(parts)

    def json_schema(self) -> dict[str, Any]:
        """The row as a JSON schema, for the published contract."""
        root: dict[str, Any] = {"type": "object", "properties": {}}
        for field in self.fields:
            level = root
            *parents, last = (field.path or field.name).split("/")
            for parent in parents:
                level = level["properties"].setdefault(parent, {"type": "object", "properties": {}})
            level["properties"][last] = field.json_schema()
        if self.deletable:
            root["properties"]["deleted"] = {"type": "boolean"}
        required = [field for name in self.key if self.demands(field := self.by_name[name])]
        root["required"] = sorted({(field.path or field.name).split("/")[0] for field in required})
        return root


def _key_text(value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def notes_json(notes: list[Note] | None) -> str | None:
    """Notes as the JSON text of a list, None for none."""
    if not notes:
        return None
    return json.dumps([note._asdict() for note in notes], ensure_ascii=False)
