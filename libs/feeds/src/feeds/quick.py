"""The quick way to read a row: what a typed decoder takes as it is needs no second look."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import UNSET, Meta, Struct

from chassis import strict_json
from feeds.fields import Field, Kind, Note, Row, RowSchema
from feeds.values import BIGINT, Check, Refused, compile_check

# What a decoder can judge alone inside a list of objects.
_SIMPLE: Final = (Kind.KEY, Kind.TEXT, Kind.DECIMAL, Kind.QUANTITY, Kind.BOOLEAN, Kind.ENUM, Kind.CURRENCY)


class _Cell(NamedTuple):
    """Where a value goes; `check` judges what no decoder can alone, `members` are those of listed objects."""

    place: int
    bit: int = 0
    required: bool = False
    source_place: int | None = None
    check: Check | None = None
    members: tuple[Field, ...] = ()


class QuickReader:
    """Reads rows of one schema that a typed decoder accepts; says None to all others.

    It gives the same row as `RowSchema.read` or none at all: a wrong value, a name that is unknown or stands
    twice, an escape or an unprintable character are for the exact way, which says what is wrong.
    """

    def __init__(self, schema: RowSchema) -> None:
        self._schema = schema
        tree: dict[str, Any] = {}
        for place, field in enumerate(schema.fields):
            *parents, last = (field.path or field.name).split("/")
            level = tree
            for parent in parents:
                level = level.setdefault(parent, {})
            level[last] = (field, _cell(schema, place, field))
        if schema.deletable:
            tree["deleted"] = (Field(name="deleted", kind=Kind.BOOLEAN), _Cell(schema.width))
        row, self._plan = _struct("Row", tree, schema.key)
        self._decode = msgspec.json.Decoder(row, float_hook=Decimal).decode

    def read(self, line: bytes, source: str) -> Row | None:
        """The checked row of a line of JSON in UTF-8, or None."""
        # Without escapes and spaces before colons every name is followed by `":`: if there are as many as
        # names were found, none stands twice.
        if b"\\" in line or b'" :' in line or line.count(b"[") + line.count(b"{") > strict_json.MAX_DEPTH:
            return None
        try:
            if not line.decode().isprintable():
                return None
            found = self._decode(line)
        except (msgspec.DecodeError, ValueError, ArithmeticError):
            return None
        cells: list[Any] = [None] * (self._schema.width + 1)
        filled = _fill(self._plan, found, source, cells)
        if filled is None or filled[1] != line.count(b'":'):
            return None
        deleted = cells.pop() is True
        errors: list[Note] = []
        key = self._schema.key_of(cells, errors)
        if errors:
            return None
        return Row(key, cells, filled[0], deleted, None, None)


def _fill(plan: tuple[Any, ...], found: Struct, source: str, cells: list[Any]) -> tuple[int, int] | None:
    """Puts the values into their cells; returns mask and number of names, None to have a second look."""
    mask = names = 0
    for value, step in zip(msgspec.structs.astuple(found), plan, strict=True):
        if value is UNSET:
            continue
        names += 1
        if type(step) is tuple:
            inner = _fill(step, value, source, cells) if value is not None else None
            if inner is None:
                return None
            mask |= inner[0]
            names += inner[1]
            continue
        place, bit, required, source_place, check, members = step
        mask |= bit
        if value is None:
            if required:
                return None
            continue
        accepted = value
        if members:
            accepted = []
            for item in value:
                values = msgspec.structs.astuple(item)
                names += len(values) - values.count(UNSET)
                accepted.append(_object(members, values))
            if None in accepted:
                return None
        elif check is not None:
            names += strict_json.names_in(value)
            accepted = _checked(check, value)
            if accepted is None:
                return None
        cells[place] = accepted
        if source_place is not None:
            cells[source_place] = source
    return mask, names


def _object(members: tuple[Field, ...], values: tuple[Any, ...]) -> dict[str, Any] | None:
    """An object of a list with every member, absent ones null; None when a required one is."""
    found = {}
    for field, value in zip(members, values, strict=True):
        given = None if value is UNSET else value
        if given is None and field.required:
            return None
        found[field.name] = given
    return found


def _checked(check: Check, value: Any) -> Any:
    """What the exact check makes of a value; None when it refuses or notes something."""
    notes: list[tuple[str, str]] = []
    try:
        found = check(value, notes)
    except Refused:
        return None
    return None if notes else found


def _cell(schema: RowSchema, place: int, field: Field) -> _Cell:
    in_key = field.name in schema.key
    check: Check | None = None
    if field.kind is Kind.DATE:
        check = _iso
    elif (
        field.kind is Kind.TIMESTAMP
        or (field.kind is Kind.JSON and not _members(field))
        or (field.kind in (Kind.DECIMAL, Kind.QUANTITY) and _bounded(field))
    ):
        check = compile_check(field, in_key=in_key)
    return _Cell(
        place,
        1 << place,
        required=schema.demands(field),
        source_place=schema.source_place(field),
        check=check,
        members=_members(field),
    )


def _members(field: Field) -> tuple[Field, ...]:
    """The members of a list of objects, if a decoder can judge them."""
    if not isinstance(field.of, tuple):
        return ()
    judged = all(member.kind in _SIMPLE and not _bounded(member) for member in field.of)
    return field.of if judged else ()


def _bounded(field: Field) -> bool:
    return field.minimum is not None or field.maximum is not None


def _iso(value: date, _: list[tuple[str, str]]) -> str:
    return value.isoformat()


def _struct(name: str, tree: dict[str, Any], key: tuple[str, ...]) -> tuple[type[Struct], tuple[Any, ...]]:
    """The type of an object, and what becomes of its members in their order."""
    members: list[tuple[str, Any, Any]] = []
    plan: list[Any] = []
    for member, inner in tree.items():
        if type(inner) is dict:
            kind, step = _struct(f"{name}_{member}", inner, key)
            members.append((member, kind | None | msgspec.UnsetType, UNSET))
            plan.append(step)
        else:
            field, cell = inner
            members.append((member, _type(field, in_key=field.name in key), UNSET))
            plan.append(cell)
    return msgspec.defstruct(name, members, forbid_unknown_fields=True), tuple(plan)


def _type(field: Field, *, in_key: bool) -> Any:
    return _plain_type(field, in_key=in_key) | None | msgspec.UnsetType


def _plain_type(field: Field, *, in_key: bool) -> Any:
    match field.kind:
        case Kind.DECIMAL | Kind.QUANTITY:
            return _decimal_type(field, in_key=in_key)
        case Kind.INTEGER:
            lowest = -BIGINT if field.minimum is None else field.minimum
            highest = BIGINT if field.maximum is None else field.maximum
            return Annotated[int, Meta(ge=lowest, le=highest)]
        case Kind.BOOLEAN:
            return bool
        case Kind.DATE:
            return date
        case Kind.CURRENCY:
            return Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
        case Kind.ENUM:
            return Literal[field.choices]
        case Kind.TIMESTAMP:
            return str
        case Kind.JSON:
            return _json_type(field)
        case _:
            return Annotated[str, Meta(min_length=1, max_length=field.max_length)]


def _json_type(field: Field) -> Any:
    members = _members(field)
    if not members:
        return Any
    types = [(member.name, _type(member, in_key=False), UNSET) for member in members]
    item = msgspec.defstruct(field.name, types, forbid_unknown_fields=True)
    return Annotated[list[item], Meta(min_length=1, max_length=field.max_items)]  # type: ignore[valid-type]


def _decimal_type(field: Field, *, in_key: bool) -> Any:
    """Digits that need no look at their size; in a key only those written the one way equal ones are."""
    whole, scale = field.digits - field.scale, field.scale
    if _bounded(field):
        return Annotated[str, Meta(min_length=1)]  # the exact check looks at its bounds
    if in_key:
        before, after = rf"(0|[1-9][0-9]{{0,{whole - 1}}})", rf"(\.[0-9]{{0,{scale - 1}}}[1-9])?"
    else:
        before, after = rf"[0-9]{{1,{whole}}}", rf"(\.[0-9]{{1,{scale}}})?"
    return Annotated[str, Meta(pattern=f"^{before}{after if scale else ''}\\Z")]
