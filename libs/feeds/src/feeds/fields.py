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
    """What reading one row gave. `key` is None when it could not be read; `data` is None when refused.

    A refused row with a key still counts as present, so that a full feed never discontinues what it names.
    """

    key: str | None
    data: dict[str, Any] | None
    warnings: list[Note] | None
    errors: list[Note] | None


class _Rule(NamedTuple):
    name: str
    pointer: str
    check: Callable[[Any, list[tuple[str, str]]], Any]
    required: bool
    reference: bool


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
        self._rules: dict[str, Any] = {}
        for field in fields:
            check = compile_check(field, in_key=field.name in key)
            must = field.required or (field.name in key and len(key) == 1)
            rule = _Rule(field.name, field.pointer, check, must, field.kind is Kind.REFERENCE)
            self._place(field.path or field.name, rule)
        if deletable:
            flag = Field(name="deleted", kind=Kind.BOOLEAN)
            self._rules["deleted"] = _Rule(
                "deleted", "/deleted", compile_check(flag, in_key=False), required=False, reference=False
            )

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

    def read(self, row: Any, source: str, unknown: set[str], others: Collection[str] = frozenset()) -> Row:
        """Checks one decoded row of `source`; names of fields nobody knows are added to `unknown`.

        A reference may name one of the `others` instead of `source`.
        """
        if type(row) is not dict:
            return Row(None, None, None, [Note("", "not_an_object", "A row is a JSON object.")])
        data: dict[str, Any] = {}
        warnings: list[Note] = []
        errors: list[Note] = []
        self._walk(self._rules, row, "", source, others, data, warnings, errors, unknown)
        key = self._key(data, errors)
        if errors:
            return Row(key, None, warnings or None, errors)
        return Row(key, data, warnings or None, None)

    def _walk(
        self, rules: Mapping[str, Any], row: Mapping[str, Any], prefix: str, source: str,
        others: Collection[str], data: dict[str, Any], warnings: list[Note], errors: list[Note],
        unknown: set[str],
    ) -> None:  # fmt: skip
        for name, value in row.items():
            rule = rules.get(name)
            if rule is None:
                if len(unknown) < 100:
                    unknown.add(f"{prefix}{name}"[:200])
                continue
            if type(rule) is dict:
                self._nested(rule, name, value, prefix, source, others, data, warnings, errors, unknown)
                continue
            target, pointer, check, required, reference = rule
            if value is None or value == "":
                if required:
                    errors.append(Note(pointer, "required", "It cannot be empty."))
                else:
                    data[target] = None
                continue
            notes: list[tuple[str, str]] = []
            try:
                found = check(value, notes)
            except Refused as refusal:
                errors.append(Note(pointer + refusal.below, refusal.code, refusal.message))
                continue
            if notes:
                warnings.extend(Note(pointer, code, message) for code, message in notes)
            if found is None and required:
                errors.append(Note(pointer, "required", "It cannot be empty."))
            elif reference:
                data[target], given = found
                data[target + "_source"] = given or source
                if given and given != source and given not in others:
                    errors.append(Note(pointer, "source_not_allowed", f"You may not refer to {given}."))
            else:
                data[target] = found

    def _nested(
        self, rules: Mapping[str, Any], name: str, value: Any, prefix: str, source: str,
        others: Collection[str], data: dict[str, Any], warnings: list[Note], errors: list[Note],
        unknown: set[str],
    ) -> None:  # fmt: skip
        if value is None:
            value = dict.fromkeys(rules)
        if type(value) is not dict:
            errors.append(Note(f"/{prefix}{name}", "not_an_object", "It is a JSON object."))
            return
        self._walk(rules, value, f"{prefix}{name}/", source, others, data, warnings, errors, unknown)

    def _key(self, data: Mapping[str, Any], errors: list[Note]) -> str | None:
        """The canonical text of the key, the same for equal values; None when a part was refused."""
        pointers = {note.pointer for note in errors} if errors else ()
        parts = []
        for name in self.key:
            field = self.by_name[name]
            value = data.get(name)
            if value is None and field.absent and field.pointer not in pointers:
                value = field.absent
            if value is None and (field.required or len(self.key) == 1 or field.pointer in pointers):
                if field.pointer not in pointers:
                    errors.append(Note(field.pointer, "required", "It is part of the row's key."))
                return None
            parts.append(value if type(value) is str else _key_text(value))
            if field.kind is Kind.REFERENCE:
                parts.append(data.get(name + "_source") or NOTHING)
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
        required = [
            self.by_name[name] for name in self.key if self.by_name[name].required or len(self.key) == 1
        ]
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
