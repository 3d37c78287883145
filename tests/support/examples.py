"""Requests an operation would take, made from its contract and from objects that exist, with their fields."""

import json
import secrets
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from tests.support.contract import JSON, UNKNOWN_ID, Operation, resolved
from tests.support.shop import PRICE

Pointer = tuple[str | int, ...]
KEY: Final = "Idempotency-Key"
_UUID: Final = "[0-9a-f]{8}"
_OMIT: Final = object()
_PUSH: Final = {
    "/push/auth/kind": "oauth2_client_credentials",
    "/push/lookup_url": "https://erp.example/orders/{order_number}",
}
# Where a schema alone does not say what makes sense: values by pointer, and what cannot stand together.
_CHOSEN: Final[dict[str, dict[str, Any]]] = {
    "place_order": {
        "/cart_id": _OMIT,
        "/cart_version": _OMIT,
        "/lines/0/unit": _OMIT,
        "/lines/0/expected_net_price": PRICE,
    },
    "change_cart_lines": {"/version": _OMIT, "/lines/0/line_id": _OMIT, "/lines/0/unit": _OMIT},
    "create_attribute": {"/type": "option"},
    "create_role": {"/permissions/0": "roles:write", "/kind": "staff"},
    "change_role": {"/permissions/0": "orders:place"},
    "create_client": {"/scopes/0": "prices:feed"},
    "change_client": {"/scopes/0": "prices:feed"},
    "create_connector": {"/protocol": "push", **_PUSH},
    "change_connector": _PUSH,
    "write_prices": {"/items/0/applies_to/type": "account"},
    "create_family": {"/requirements/0/field": "title"},
    "change_family": {"/requirements/0/field": "title"},
    "create_catalogue": dict.fromkeys(("/include/0/target", "/exclude/0/target"), "brand"),
    "change_catalogue": dict.fromkeys(("/include/0/target", "/exclude/0/target"), "brand"),
}
_PROFILE: Final = {
    "/settings/columns/0/field": "deleted",
    "/settings/deleted_when_empty/0": "deleted",
    "/settings/date_formats/0": "%Y-%m-%d",
    "/settings/timestamp_formats/0": "%Y-%m-%d",
    "/settings/time_zone": "Europe/Amsterdam",
    "/settings/quote": '"',
}
# The pieces of text that have a form of their own, by the pattern the contract gives.
_BY_PATTERN: Final = {
    "^[A-Z]{3}$": "EUR",
    "^[a-z]{2,3}(-[A-Z]{2})?$": "nl",
    "^([a-z]{2,3}(-[A-Z]{2})?)?$": "nl",
    "^https?://[a-z0-9.:-]{1,255}$": "https://shop.example",
    "^(platform|erp)$": "platform",
    "^(/[^\\s]*)?$": "/number",
}


@dataclass(frozen=True)
class Field:
    """One place of a request that holds one value."""

    pointer: Pointer
    schema: Mapping[str, Any] = field(hash=False, compare=False)
    required: bool

    @property
    def name(self) -> str:
        """As people write a place: /lines/0/quantity."""
        return "".join(f"/{part}" for part in self.pointer)

    @property
    def kind(self) -> str:
        """text, form (text of a form of its own), id, decimal, integer, boolean, date, moment, choice."""
        return kind_of(self.schema)


def kind_of(schema: Mapping[str, Any]) -> str:
    """What a schema of one value holds."""
    kind, pattern = schema.get("type"), schema.get("pattern", "")
    if "enum" in schema or "const" in schema:
        return "choice"
    if kind in ("integer", "boolean"):
        return str(kind)
    if kind != "string":
        return "any"
    if schema.get("format") in ("date", "date-time"):
        return {"date": "date", "date-time": "moment"}[schema["format"]]
    if _UUID in pattern:
        return "id"
    if any(digits in pattern for digits in (r"\d+(\.", "[0-9]*)(")):
        return "decimal"
    return "form" if pattern else "text"


@dataclass
class Request:
    """One request, ready to be sent, or to have one value replaced first."""

    operation: Operation
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any

    def with_value(self, pointer: Pointer, raw: str) -> "Request":
        """The same with the JSON text `raw` at one place of the body."""
        changed = deepcopy(self.body)
        place = changed
        for part in pointer[:-1]:
            place = place[part]
        place[pointer[-1]] = Raw(raw)
        return self.with_body(changed)

    def with_body(self, body: Any) -> "Request":
        """The same with another body, and so under an Idempotency-Key of its own."""
        key = {KEY: secrets.token_hex(8)} if KEY in self.headers else {}
        return Request(self.operation, self.path, self.query, self.headers | key, body)

    @property
    def content(self) -> bytes | None:
        """The body as bytes of JSON."""
        return None if self.body is None else b"".join(_pieces(self.body))

    @property
    def target(self) -> str:
        """Path and query."""
        pairs = "&".join(f"{name}={quote(value, safe='')}" for name, value in self.query.items())
        return f"{self.path}?{pairs}" if pairs else self.path


class Raw(str):
    """Text that stands in a JSON body as it is."""

    __slots__ = ()


def _pieces(value: Any) -> Iterator[bytes]:
    if isinstance(value, Raw):
        yield value.encode("utf-8", "surrogatepass")
    elif isinstance(value, dict):
        yield b"{"
        for number, (name, inner) in enumerate(value.items()):
            yield (b"," if number else b"") + json.dumps(name).encode() + b":"
            yield from _pieces(inner)
        yield b"}"
    elif isinstance(value, list):
        yield b"["
        for number, inner in enumerate(value):
            yield b"," if number else b""
            yield from _pieces(inner)
        yield b"]"
    else:
        yield json.dumps(value).encode()


@dataclass
class Examples:
    """Makes requests; `ids` are of objects that exist, `mark` stands in every text that is free."""

    ids: Mapping[str, str]
    mark: str = "example"
    _fields: list[Field] = field(default_factory=list)

    def of(self, operation: Operation) -> tuple[Request, tuple[Field, ...]]:
        """A request that names everything it can, and the fields of its body."""
        self._fields = []
        schema = operation.body_schema
        body = None if schema is None else self._value(operation, schema, (), required=True)
        headers = {"Content-Type": JSON} if body is not None else {}
        if "If-Match" in operation.taken("header"):
            headers["If-Match"] = '"1"'
        # Where a key is optional, an answer with refused rows would be kept under it.
        if operation.taken("header").get(KEY, {}).get("required"):
            headers[KEY] = secrets.token_hex(8)
        query = {
            name: self.plain(name, schema)
            for name, schema in operation.taken("query").items()
            if schema["required"]
        }
        return Request(operation, operation.address(self.ids), query, headers, body), tuple(self._fields)

    def plain(self, name: str, schema: Mapping[str, Any]) -> str:
        """A value for a parameter, as text."""
        value = self._leaf(name, schema)
        return str(value).lower() if isinstance(value, bool) else str(value)

    def _value(
        self, operation: Operation, schema: Mapping[str, Any], pointer: Pointer, *, required: bool
    ) -> Any:
        schema = resolved(operation.surface, schema)
        name = "".join(f"/{part}" for part in pointer)
        chosen = _PROFILE if operation.id.endswith("_import_profile") else _CHOSEN.get(operation.id, {})
        if chosen.get(name) is _OMIT:
            return _OMIT
        kind = schema.get("type")
        if "patternProperties" in schema:
            inner = next(iter(schema["patternProperties"].values()))
            return {"nl": self._value(operation, inner, (*pointer, "nl"), required=required)}
        if kind == "object" or "properties" in schema:
            return self._object(operation, schema, pointer)
        if kind == "array":
            return [self._value(operation, schema["items"], (*pointer, 0), required=True)]
        place = Field(pointer, schema, required and not schema.get("nullable"))
        self._fields.append(place)
        if name in chosen:
            return chosen[name]
        named = next((str(part) for part in reversed(pointer) if isinstance(part, str)), "")
        return self._leaf(named, schema)

    def _object(self, operation: Operation, schema: Mapping[str, Any], pointer: Pointer) -> dict[str, Any]:
        needed = schema.get("required", ())
        found = {
            name: self._value(operation, inner, (*pointer, name), required=name in needed)
            for name, inner in schema.get("properties", {}).items()
        }
        return {name: value for name, value in found.items() if value is not _OMIT}

    def _leaf(self, name: str, schema: Mapping[str, Any]) -> Any:
        kind = kind_of(schema)
        simple = {"decimal": "1", "boolean": False, "date": "2026-11-30", "moment": "2026-11-30T12:00:00Z"}
        if kind in simple:
            return simple[kind]
        if kind == "choice":
            return schema.get("const", schema.get("enum", [None])[0])
        if kind == "integer":
            return max(1, int(schema.get("minimum", 1)))
        if kind == "id":
            return self.ids.get(name.removesuffix("s"), UNKNOWN_ID)
        if kind == "form":
            return self.ids.get(f"text:{name}") or self._form(schema["pattern"])
        return self._text(name, schema) if kind == "text" else None

    def _text(self, name: str, schema: Mapping[str, Any]) -> str:
        formed = {"email": f"{self.mark}@mail.example", "locale": "nl"}
        known = formed.get(name, self.ids.get(f"text:{name}"))
        return known if known is not None else self.mark[: schema.get("maxLength", 255)]

    def _form(self, pattern: str) -> str:
        known = _BY_PATTERN.get(pattern)
        if known is not None:
            return known
        if "@" in pattern and "http" not in pattern:
            return f"{self.mark}@mail.example"
        if "http" in pattern:
            return "https://erp.example/orders"
        return ";" if "\\t" in pattern else self.mark
