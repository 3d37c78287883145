"""An attribute, its options, and which values fit it: pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

AttributeType = Literal["text", "number", "boolean", "option", "multi_option", "date"]
_NUMBER: Final = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Option:
    """One of the values an option attribute can have."""

    code: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Attribute:
    """A typed property; `localized`: with a value per language; `axis`: variants may differ in it."""

    id: str
    version: int
    code: str
    names: Mapping[str, str]
    type: AttributeType
    unit: str | None
    localized: bool
    facet: bool
    axis: bool
    options: tuple[Option, ...] = ()
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class AttributeChange:
    """The fields somebody wants to change; None leaves one as it is. The type never changes."""

    names: Mapping[str, str] | None = None
    unit: str | None = None
    facet: bool | None = None
    axis: bool | None = None
    options: tuple[Option, ...] | None = None


@dataclass(frozen=True, slots=True)
class StoredValue:
    """A value as it is kept: its text, and its number where it has one to compare."""

    value: str
    number: Decimal | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a value does not fit."""

    code: str
    message: str


def fit(attribute: Attribute, locale: str, values: Sequence[str]) -> tuple[StoredValue, ...] | Misfit:
    """The values as they are kept, or why they do not fit the attribute."""
    if bool(locale) != attribute.localized:
        wanted = "a value per language" if attribute.localized else "one value for every language"
        return Misfit("wrong_locale", f"{attribute.code} has {wanted}")
    if len(values) > 1 and attribute.type != "multi_option":
        return Misfit("single_value", f"{attribute.code} has one value")
    if len(set(values)) != len(values):
        return Misfit("repeated_value", "a value stands twice")
    stored = []
    for value in values:
        found = _stored(attribute, value)
        if isinstance(found, Misfit):
            return found
        stored.append(found)
    return tuple(stored)


def _stored(attribute: Attribute, value: str) -> StoredValue | Misfit:
    match attribute.type:
        case "number":
            if not _NUMBER.fullmatch(value):
                return Misfit("not_a_number", "digits with at most one point")
            number = Decimal(value)
            plain = format(number.normalize() + 0, "f")
            return StoredValue(plain, number=number)
        case "boolean":
            return (
                StoredValue(value) if value in ("true", "false") else Misfit("not_a_boolean", "true or false")
            )
        case "date":
            return _day(value)
        case "option" | "multi_option":
            known = any(option.code == value for option in attribute.options)
            return StoredValue(value) if known else Misfit("unknown_option", f"{value} is not an option")
        case _:
            return StoredValue(value)


def _day(value: str) -> StoredValue | Misfit:
    if _DAY.fullmatch(value):
        try:
            return StoredValue(value, day=date.fromisoformat(value))
        except ValueError:
            pass
    return Misfit("not_a_date", "a day as in 2026-01-31")
