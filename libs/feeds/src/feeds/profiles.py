"""How a file is to be read: an import profile is data an administrator keeps."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator, model_validator

from chassis.models import StrictModel
from chassis.values import Count, Flag, Line, LongText, NoControl
from feeds.fields import Kind, RowSchema
from feeds.values import Refused

Encoding = Literal["utf-8", "utf-8-sig", "cp1252", "iso-8859-1", "iso-8859-15", "cp1250", "cp850", "ascii"]
Character = Annotated[str, Field(min_length=1, max_length=1, pattern=r"^[\t\x20-\x7e]$")]
Percent = Annotated[int, Field(strict=True, ge=0, le=100)]
Convert = Callable[[str], str]

_DATE_FORMAT = re.compile(r"(?=.*%)(%[YmdyHMSfzjB]|[-/. T:,]|\d)+", re.ASCII)


class Thresholds(StrictModel):
    """A run that exceeds one is held; only from `from_rows` live rows on, and never the first run."""

    discontinued_percent: Percent = Field(10, description="Share of live rows of the source and scope.")
    repriced_percent: Percent = Field(25, description="Share of live rows of the source and scope.")
    from_rows: Count = Field(50, description="Smaller assortments are never held.")


class ColumnMap(StrictModel):
    """One column of a CSV file and the field it fills, or an object's member: `erp_attributes/colour`."""

    column: Line | Annotated[int, Field(strict=True, ge=1, le=1000)] = Field(
        description="Name in the header, or position from 1."
    )
    field: Line
    strip: Annotated[str, NoControl] = Field(
        "", max_length=20, description="Characters that may surround the value: `% ` or `€`."
    )
    read_as: Literal["text", "decimal", "date"] = Field(
        "text", description="What a member of an object holds; fields know it themselves."
    )


class ImportProfile(StrictModel):
    """How a file is read. The default reads UTF-8 with points in decimals and ISO dates."""

    format: Literal["ndjson", "csv"] = "ndjson"
    encoding: Encoding = "utf-8"
    delimiter: Character = ","
    quote: Character | None = Field('"', description="null: quotes are ordinary characters.")
    header: Flag = True
    columns: list[ColumnMap] = Field(
        default_factory=list, max_length=1000, description="Empty: the header names the fields."
    )
    constants: dict[Line, LongText] = Field(
        default_factory=dict, max_length=200, description="Fields every row has with one value."
    )
    decimal_mark: Literal[".", ","] = "."
    thousands_mark: Literal["", ".", ",", " ", "'", "\u00a0", "\u202f"] = ""
    date_formats: list[str] = Field(default_factory=lambda: ["%Y-%m-%d"], min_length=1, max_length=5)
    timestamp_formats: list[str] = Field(default_factory=list, max_length=5, description="Empty: RFC 3339.")
    time_zone: str = Field("Europe/Amsterdam", description="Of times without an offset.")
    trim: Flag = Field(default=False, description="Blanks around a value are no part of it, keys included.")
    deleted_when_empty: list[Line] = Field(
        default_factory=list,
        max_length=10,
        description="CSV: a row in which one of these fields is empty discontinues what it names.",
    )
    thresholds: Thresholds = Thresholds()

    @field_validator("date_formats", "timestamp_formats")
    @classmethod
    def _known_formats(cls, formats: list[str]) -> list[str]:
        for given in formats:
            if not _DATE_FORMAT.fullmatch(given):
                raise ValueError("a format is made of %Y %m %d %y %H %M %S %f %z %j %B and separators")
        return formats

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("not an IANA time zone")
        return name

    @model_validator(mode="after")
    def _consistent(self) -> "ImportProfile":
        if self.decimal_mark == self.thousands_mark:
            raise ValueError("decimal mark and thousands mark differ")
        placed = self.columns and not any(isinstance(entry.column, str) for entry in self.columns)
        if self.format == "csv" and not self.header and not placed:
            raise ValueError("without a header columns are given by position")
        if self.quote == self.delimiter:
            raise ValueError("quote and delimiter differ")
        filled = {entry.field for entry in self.columns} | self.constants.keys()
        if any(name.partition("/")[0] in filled for name in filled if "/" in name):
            raise ValueError("an object is filled as a whole or by its members")
        return self

    def unknown_names(self, schema: RowSchema) -> list[str]:
        """Fields the profile names that the resource does not have."""
        known = schema.by_name.keys() | ({"deleted"} if schema.deletable else set())
        filled = {entry.field for entry in self.columns} | self.constants.keys()
        members = {name for name in filled if schema.is_member(name)}
        undeletable = set() if schema.deletable else set(self.deleted_when_empty)
        return sorted(((filled | set(self.deleted_when_empty)) - known - members) | undeletable)

    def converters(self, schema: RowSchema) -> dict[str, Convert]:
        """Per field or member the way from the file's text to what the schema reads; most need none."""
        dates = _date_converter(tuple(self.date_formats))
        found: dict[str, Convert] = {}
        for entry in self.columns:
            if entry.read_as == "decimal" and schema.is_member(entry.field):
                found[entry.field] = decimal_converter(self.decimal_mark, self.thousands_mark)
            if entry.read_as == "date" and schema.is_member(entry.field):
                found[entry.field] = dates
        for field in schema.fields:
            match field.kind:
                case Kind.DECIMAL | Kind.QUANTITY | Kind.INTEGER if (
                    self.decimal_mark,
                    self.thousands_mark,
                ) != (".", ""):
                    found[field.name] = decimal_converter(self.decimal_mark, self.thousands_mark)
                case Kind.DATE if self.date_formats != ["%Y-%m-%d"]:
                    found[field.name] = dates
                case Kind.TIMESTAMP if self.timestamp_formats:
                    found[field.name] = _timestamp_converter(tuple(self.timestamp_formats), self.time_zone)
        for entry in self.columns:
            if entry.strip:
                found[entry.field] = _stripping(entry.strip, found.get(entry.field))
        return found


def _stripping(characters: str, convert: Convert | None) -> Convert:
    def stripped(text: str) -> str:
        bare = text.strip(characters)
        return convert(bare) if convert is not None and bare else bare

    return stripped


def decimal_converter(mark: str, thousands: str) -> Convert:
    """Reads decimals with this mark; `1,166,15` with a comma is 1166.15: the last mark is the decimal one.

    A point that is neither mark is refused, never taken for one: 1.166 may be a thousand.
    """

    def convert(text: str) -> str:
        sign, digits = "", text.strip()
        if digits[:1] in ("-", "+"):
            sign, digits = digits[0], digits[1:]
        elif digits.endswith("-"):
            sign, digits = "-", digits[:-1]
        *groups, last = digits.split(mark)
        whole, fraction = (mark.join(groups), last) if groups else (last, "")
        for separator in {thousands, mark} - {""}:
            if separator in whole:
                whole = _ungrouped(whole, separator)
        if not whole.isdecimal() or (fraction and not fraction.isdecimal()):
            raise Refused("not_a_decimal", f"Digits with {mark!r} as the decimal mark.")
        return ("-" if sign == "-" else "") + (f"{whole}.{fraction}" if fraction else whole)

    return convert


def _ungrouped(whole: str, separator: str) -> str:
    first, *groups = whole.split(separator)
    if not 1 <= len(first) <= 3 or any(len(group) != 3 for group in groups):
        raise Refused("not_a_decimal", "Thousands stand in groups of three.")
    return first + "".join(groups)


@lru_cache(maxsize=64)
def _date_converter(formats: tuple[str, ...]) -> Convert:
    @lru_cache(maxsize=4096)
    def convert(text: str) -> str:
        return _parsed(text.strip(), formats, "not_a_date").date().isoformat()

    return convert


def _timestamp_converter(formats: tuple[str, ...], zone: str) -> Convert:
    local = ZoneInfo(zone)

    def convert(text: str) -> str:
        moment = _parsed(text.strip(), formats, "not_a_timestamp")
        return (moment if moment.tzinfo else moment.replace(tzinfo=local)).isoformat()

    return convert


def _parsed(text: str, formats: tuple[str, ...], code: str) -> datetime:
    for given in formats:
        try:
            return datetime.strptime(text, given)  # noqa: DTZ007 - a file's dates have no zone; the caller adds it
        except ValueError:
            continue
    raise Refused(code, "Expected " + " or ".join(formats) + ".")
