"""Checks of single values: thin closures, compiled once per field, run once per cell."""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from feeds.fields import Field

Check = Callable[[Any, list[tuple[str, str]]], Any]

_DIGITS = re.compile(r"(-?)(\d+)(?:\.(\d+))?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_INTEGER = re.compile(r"-?\d{1,19}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LINE_BREAKS = "\n\t\r"
BIGINT = 2**63 - 1


class Refused(Exception):  # noqa: N818 - it is raised a million times a run and never leaves the library
    """A value that cannot be taken; `below` is a JSON pointer inside the field."""

    def __init__(self, code: str, message: str, below: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.below = below


def compile_check(field: "Field", *, in_key: bool) -> Check:
    """The check of a field. It returns the value to store, and may note (code, message) warnings."""
    match field.kind.value:
        case "text":
            return _key(field) if in_key else _text(field)
        case "key":
            return _key(field)
        case "decimal" | "quantity":
            return _decimal(field, canonical=in_key)
        case "integer":
            return _integer(field)
        case "boolean":
            return _boolean
        case "date":
            return _date
        case "timestamp":
            return _timestamp
        case "currency":
            return _currency
        case "enum":
            return _enum(field)
        case "reference":
            return _reference(field)
        case _:
            return _json(field)


def clean_text(value: str, *, keep: str = "") -> str:
    """The text without control characters and lone surrogates, `keep` excepted."""
    return "".join(c for c in value if c in keep or unicodedata.category(c) not in ("Cc", "Cs"))


def _text(field: "Field") -> Check:
    limit, keep = field.max_length, _LINE_BREAKS if field.multiline else ""

    def check(value: Any, notes: list[tuple[str, str]]) -> Any:
        if type(value) is not str:
            raise Refused("not_text", "It is a text.")
        if not value.isprintable():
            cleaned = clean_text(value, keep=keep)
            if len(cleaned) != len(value):
                notes.append(("control_characters_removed", "Control characters were removed."))
                value = cleaned
        if len(value) > limit:
            raise Refused("too_long", f"At most {limit} characters.")
        return value or None

    return check


def _key(field: "Field") -> Check:
    limit = field.max_length

    def check(value: Any, _notes: list[tuple[str, str]]) -> Any:
        if type(value) is not str:
            raise Refused("not_text", "It is a text.")
        if len(value) > limit:
            raise Refused("too_long", f"At most {limit} characters.")
        if not value.isprintable() and clean_text(value) != value:
            raise Refused("control_characters", "A key has no control characters.")
        return value

    return check


def _decimal(field: "Field", *, canonical: bool) -> Check:
    scale, whole = field.scale, field.digits - field.scale
    lowest = Decimal(field.minimum) if field.minimum is not None else None
    highest = Decimal(field.maximum) if field.maximum is not None else None
    signed = field.kind.value != "quantity" and (lowest is None or lowest < 0)
    bounded = highest is not None or (lowest is not None and lowest != 0)

    def check(value: Any, _notes: list[tuple[str, str]]) -> Any:
        text = value if type(value) is str else digits_of(value)
        match = _DIGITS.fullmatch(text)
        if match is None:
            raise Refused("not_a_decimal", 'Digits with at most one point, such as "12.50".')
        sign, before, after = match.groups()
        if len(before) > whole and len(before.lstrip("0")) > whole:
            raise Refused("out_of_range", f"At most {whole} digits before the point.")
        if after is not None and len(after) > scale and len(after.rstrip("0")) > scale:
            raise Refused("too_many_decimals", f"At most {scale} digits after the point.")
        if sign and not signed and Decimal(text) != 0:
            raise Refused("negative", "It is not negative.")
        if bounded:
            number = Decimal(text)
            if (lowest is not None and number < lowest) or (highest is not None and number > highest):
                raise Refused("out_of_range", f"From {lowest} to {highest}.")
        return canonical_decimal(text) if canonical else text

    return check


def digits_of(value: Any) -> str:
    """A JSON number as plain digits; refuses what is no number and exponents beyond reason."""
    if type(value) is int:
        return str(value) if -(10**40) < value < 10**40 else "9" * 41
    if isinstance(value, Decimal) and value.is_finite():
        if value and abs(value.adjusted()) > 40:
            raise Refused("out_of_range", "The number is out of range.")
        return format(value, "f")
    raise Refused("not_a_decimal", 'Digits with at most one point, such as "12.50".')


def canonical_decimal(text: str) -> str:
    """The one text of equal decimals, as PostgreSQL's `trim_scale(x)::text` writes it."""
    negative, text = text.startswith("-"), text.lstrip("-")
    before, _, after = text.partition(".")
    before, after = before.lstrip("0") or "0", after.rstrip("0")
    plain = f"{before}.{after}" if after else before
    return f"-{plain}" if negative and plain != "0" else plain


def _integer(field: "Field") -> Check:
    lowest = -BIGINT if field.minimum is None else field.minimum
    highest = BIGINT if field.maximum is None else field.maximum

    def check(value: Any, _notes: list[tuple[str, str]]) -> Any:
        if type(value) is str and _INTEGER.fullmatch(value):
            value = int(value)
        if (
            isinstance(value, Decimal)
            and value.is_finite()
            and abs(value.adjusted()) < 20
            and value == int(value)
        ):
            value = int(value)
        if type(value) is not int:
            raise Refused("not_an_integer", "It is a whole number.")
        if not lowest <= value <= highest:
            raise Refused("out_of_range", f"From {lowest} to {highest}.")
        return value

    return check


_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


def _boolean(value: Any, _notes: list[tuple[str, str]]) -> Any:
    if type(value) is bool:
        return value
    found = _TRUTHS.get(value.lower()) if type(value) is str else None
    if found is None:
        raise Refused("not_a_boolean", "It is true or false.")
    return found


def _date(value: Any, _notes: list[tuple[str, str]]) -> Any:
    if type(value) is str and _DATE.fullmatch(value):
        try:
            date.fromisoformat(value)
        except ValueError:
            raise Refused("not_a_date", "No such day.") from None
        return value
    raise Refused("not_a_date", "A date is written YYYY-MM-DD.")


def _timestamp(value: Any, _notes: list[tuple[str, str]]) -> Any:
    if type(value) is str and len(value) <= 40:
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").zfill(27)
        except (ValueError, OverflowError):
            pass
    raise Refused("not_a_timestamp", "A time is written as RFC 3339 with its offset.")


def _currency(value: Any, _notes: list[tuple[str, str]]) -> Any:
    if type(value) is str and _CURRENCY.fullmatch(value):
        return value
    raise Refused("not_a_currency", "A currency is three capitals (ISO 4217).")


def _enum(field: "Field") -> Check:
    choices = frozenset(field.choices)
    message = "One of " + ", ".join(field.choices) + "."

    def check(value: Any, _notes: list[tuple[str, str]]) -> Any:
        if type(value) is str and value in choices:
            return value
        raise Refused("not_a_choice", message)

    return check


def _reference(field: "Field") -> Check:
    key = _key(field)

    def check(value: Any, notes: list[tuple[str, str]]) -> tuple[str, str | None]:
        if type(value) is not dict:
            return key(value, notes), None
        unexpected = value.keys() - {"source", "external_id"}
        if unexpected or not value.get("external_id"):
            raise Refused("not_a_reference", "A reference has external_id and maybe source.")
        source = value.get("source")
        return key(value["external_id"], notes), key(source, notes) if source else None

    return check


def _json(field: "Field") -> Check:
    if field.of is None:
        return _free_json
    limit = field.max_items
    if not isinstance(field.of, tuple):
        check_item = compile_check(field.of, in_key=False)
    else:
        check_item = _object(
            {member.name: (compile_check(member, in_key=False), member) for member in field.of}
        )

    def check(value: Any, notes: list[tuple[str, str]]) -> Any:
        if type(value) is not list:
            raise Refused("not_a_list", "It is a list.")
        if len(value) > limit:
            raise Refused("too_long", f"At most {limit} entries.")
        found = []
        for position, item in enumerate(value):
            try:
                found.append(check_item(item, notes))
            except Refused as refusal:
                raise Refused(refusal.code, refusal.message, f"/{position}{refusal.below}") from None
        return found or None

    return check


def _object(members: "dict[str, tuple[Check, Field]]") -> Check:
    def check(value: Any, notes: list[tuple[str, str]]) -> Any:
        if type(value) is not dict:
            raise Refused("not_an_object", "It is a JSON object.")
        found: dict[str, Any] = {}
        for name in value.keys() - members.keys():
            notes.append(("unknown_field", f"{name[:100]!r} is not known and was ignored."))
        for name, (check_member, member) in members.items():
            given = value.get(name)
            if given is None or given == "":
                if member.required:
                    raise Refused("required", "It cannot be empty.", f"/{name}")
                found[name] = None
                continue
            try:
                result = check_member(given, notes)
            except Refused as refusal:
                raise Refused(refusal.code, refusal.message, f"/{name}{refusal.below}") from None
            if isinstance(result, tuple):  # a reference
                result = {"source": result[1], "external_id": result[0]}
            found[name] = result
        return found

    return check


def _free_json(value: Any, notes: list[tuple[str, str]]) -> Any:
    if type(value) is str:
        cleaned = value if value.isprintable() else clean_text(value, keep=_LINE_BREAKS)
        if len(cleaned) != len(value):
            notes.append(("control_characters_removed", "Control characters were removed."))
        return cleaned
    if type(value) is list:
        return [_free_json(item, notes) for item in value]
    if type(value) is dict:
        return {
            name if name.isprintable() else clean_text(name): _free_json(item, notes)
            for name, item in value.items()
        }
    return (
        digits_of(value)
        if isinstance(value, Decimal) or (type(value) is int and abs(value) > BIGINT)
        else value
    )
