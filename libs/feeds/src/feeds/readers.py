"""Bytes of an upload become rows, piece by piece and in constant memory."""

import csv
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import msgspec

from chassis import strict_json
from feeds.fields import Kind, Note, RowSchema
from feeds.profiles import Convert, ImportProfile
from feeds.quick import QuickReader
from feeds.values import Refused

MAX_LINE = 4 * 1024 * 1024
MAX_RATIO = 250
_PIECE = 256 * 1024
_BOM = b"\xef\xbb\xbf"


class BodyRefused(Exception):  # noqa: N818 - a verdict about the whole upload, kept as the run's reason
    """The upload cannot be read at all: the run fails with `code` and nothing is applied."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Line(NamedTuple):
    """One row of the file: its first line's number from 1, the decoded row, what is wrong with it.

    A row with a refused cell is still there without that cell, so that its key counts as named. What the
    quick way accepted is a checked `Row` already.
    """

    number: int
    row: Any
    problem: Note | None


class Inflater:
    """Unpacks gzip in pieces; refuses what unpacks to more than 250 times its size."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(31)
        self._taken = 0
        self._given = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The unpacked pieces of the next bytes, each of at most 256 KiB."""
        self._taken += len(data)
        while data:
            if self._stream.eof:  # a gzip file may have several members
                self._stream = zlib.decompressobj(31)
            try:
                piece = self._stream.decompress(data, _PIECE)
            except zlib.error:
                raise BodyRefused("gzip_invalid", "The body is not valid gzip.") from None
            self._given += len(piece)
            if self._given > 8 * _PIECE and self._given > MAX_RATIO * self._taken:
                raise BodyRefused("gzip_ratio", f"The body unpacks to more than {MAX_RATIO} times its size.")
            if piece:
                yield piece
            data = self._stream.unconsumed_tail or self._stream.unused_data

    def close(self) -> None:
        """Raises BodyRefused if the stream was cut off."""
        if not self._stream.eof:
            raise BodyRefused("body_incomplete", "The gzip stream ends too early.")


@dataclass
class RowReader:
    """Reads one upload. Feed it bytes, then close it; `unknown` collects columns nobody knows.

    With the `source` that sends it, rows without anything to look at twice come out checked.
    """

    profile: ImportProfile
    schema: RowSchema
    source: str | None = None

    def __post_init__(self) -> None:
        self.unknown: set[str] = set()
        self._rest = b""
        self._number = 0
        self._begun = False
        self._converters = self.profile.converters(self.schema)
        self._csv = _CsvRows(self.profile, self.schema, self._converters, self.unknown)
        self._json = _JsonRows(self.profile, self._converters, self.schema, self.source)

    def feed(self, data: bytes) -> list[Line]:
        """The rows completed by the next bytes. Raises BodyRefused."""
        data = self._rest + data if self._rest else data
        if not self._begun:
            if len(data) < len(_BOM):
                self._rest = data
                return []
            self._begun = True
            if self.profile.encoding in ("utf-8", "utf-8-sig") and data.startswith(_BOM):
                data = data[len(_BOM) :]
        end = data.rfind(b"\n")
        if end < 0:
            block, self._rest = b"", data
        else:
            block, self._rest = data[:end], data[end + 1 :]
        if len(self._rest) > MAX_LINE:
            raise BodyRefused("line_too_long", f"Line {self._number + 1} exceeds {MAX_LINE} bytes.")
        return self._lines(block) if end >= 0 else []

    def close(self) -> list[Line]:
        """The last rows. Raises BodyRefused when the file ends within a quoted value."""
        rest, self._rest = self._rest, b""
        if not self._begun and rest.startswith(_BOM):
            rest = rest[len(_BOM) :]
        found = self._lines(rest) if rest else []
        if self.profile.format == "csv":
            self._csv.close()
        return found

    def _lines(self, block: bytes) -> list[Line]:
        lines = block.split(b"\n")
        first = self._number + 1
        self._number += len(lines)
        if self.profile.format == "csv":
            return self._csv.read(first, lines)
        return [
            line for line in map(self._json.read, range(first, first + len(lines)), lines) if line is not None
        ]


class _JsonRows:
    """One JSON object a line."""

    def __init__(
        self, profile: ImportProfile, converters: dict[str, Convert], schema: RowSchema, source: str | None
    ) -> None:
        self._encoding = None if profile.encoding in ("utf-8", "utf-8-sig", "ascii") else profile.encoding
        self._converters = converters
        self._trim = profile.trim
        self._constants = profile.constants
        self._plain = not (converters or profile.trim or profile.constants)
        self._decode = msgspec.json.Decoder(float_hook=Decimal).decode
        self._source = source or ""
        plain = source is not None and self._plain and self._encoding is None
        self._quick = QuickReader(schema) if plain else None

    def read(self, number: int, line: bytes) -> Line | None:
        """The line's row, or None for an empty line."""
        if not line or line.isspace():
            return None
        if self._quick is not None:
            checked = self._quick.read(line.removesuffix(b"\r"), self._source)
            if checked is not None:
                return Line(number, checked, None)
        try:
            if self._encoding:
                line = line.decode(self._encoding).encode()
            row = self._decode(line)
            # As many colons as names: no name stands twice. Anything else is looked at exactly.
            if (
                line.count(b":") != strict_json.names_in(row)
                or line.count(b"[") + line.count(b"{") > strict_json.MAX_DEPTH
            ):
                row = strict_json.loads(line)
        except UnicodeDecodeError:
            return Line(number, None, Note("", "undecodable", "The line is not in the expected encoding."))
        except (
            msgspec.DecodeError,
            json.JSONDecodeError,
            InvalidOperation,
            RecursionError,
            ValueError,
        ) as error:
            return Line(number, None, Note("", "not_json", f"The line is not valid JSON: {error}"[:300]))
        if self._plain or type(row) is not dict:
            return Line(number, row, None)
        return Line(number, *self._converted(row))

    def _converted(self, row: dict[str, Any]) -> tuple[dict[str, Any], Note | None]:
        found, problem = dict(self._constants), None
        for name, value in row.items():
            if type(value) is not str:
                found[name] = value
                continue
            try:
                found[name] = _cell(value.strip() if self._trim else value, self._converters.get(name))
            except Refused as refusal:
                problem = problem or Note(f"/{name}", refusal.code, refusal.message)
        return found, problem


def _cell(value: str, convert: Convert | None) -> str:
    return convert(value) if convert is not None and value else value


class _CsvRows:
    """Delimited text; quoted values may span lines."""

    def __init__(
        self, profile: ImportProfile, schema: RowSchema, converters: dict[str, Convert], unknown: set[str]
    ) -> None:
        self._profile = profile
        self._schema = schema
        self._converters = converters
        self._unknown = unknown
        self._pending: list[str] = []
        self._pending_from = 0
        self._pending_size = 0
        self._json_fields = [field.name for field in schema.fields if field.kind is Kind.JSON]
        self._nested = [(field.name, field.path.split("/")) for field in schema.fields if field.path]
        filled = [*(entry.field for entry in profile.columns), *profile.constants]
        self._members = [
            (name, *name.split("/", 1)) for name in dict.fromkeys(filled) if schema.is_member(name)
        ]
        self._plan: list[tuple[str, int, Convert | None]] | None = None
        if not profile.header:
            self._plan = [
                (entry.field, int(entry.column) - 1, converters.get(entry.field)) for entry in profile.columns
            ]

    def read(self, first: int, lines: list[bytes]) -> list[Line]:
        """The rows of these lines, the first of which has number `first`."""
        found: list[Line] = []
        encoding = self._profile.encoding
        for number, raw in enumerate(lines, first):
            try:
                text = raw.decode(encoding)
            except UnicodeDecodeError:
                self._drop_pending(found)
                found.append(Line(number, None, Note("", "undecodable", f"The line is not {encoding}.")))
                continue
            if text.endswith("\r"):
                text = text[:-1]
            cells = self._split(number, text)
            if cells is not None:
                started = self._pending_from or number
                self._pending_from = 0
                line = self._row(started, cells)
                if line is not None:
                    found.append(line)
        return found

    def close(self) -> None:
        """Raises BodyRefused when a quoted value is still open."""
        if self._pending:
            raise BodyRefused("quote_open", f"The quote opened in line {self._pending_from} is never closed.")

    def _drop_pending(self, found: list[Line]) -> None:
        if self._pending:
            found.append(
                Line(self._pending_from, None, Note("", "undecodable", "The row spans such a line."))
            )
        self._pending, self._pending_from, self._pending_size = [], 0, 0

    def _split(self, number: int, text: str) -> list[str] | None:
        """The cells of a complete row; None while a quoted value goes on in the next line."""
        profile = self._profile
        if not self._pending and (profile.quote is None or profile.quote not in text):
            return text.split(profile.delimiter) if text else None
        if not self._pending:
            self._pending_from, self._pending_size = number, 0
        self._pending.append(text)
        self._pending_size += len(text)
        if self._pending_size > MAX_LINE:
            raise BodyRefused("quote_open", f"The quote opened in line {self._pending_from} is never closed.")
        if len(self._pending) > 1 and (profile.quote is None or profile.quote not in text):
            return None
        try:
            reader = csv.reader(
                iter(["\n".join(self._pending)]),
                delimiter=profile.delimiter,
                quotechar=profile.quote,
                strict=True,
            )
            cells = next(reader)
        except csv.Error as error:
            if "unexpected end" in str(error):
                return None
            cells = ["\n".join(self._pending)] if self._plan is None else [str(error)]
            self._pending = []
            return [*cells, _BROKEN]
        self._pending = []
        return cells

    def _row(self, number: int, cells: list[str]) -> Line | None:
        if cells[-1] is _BROKEN:
            return Line(number, None, Note("", "not_csv", "The quotes of this row do not fit."))
        if self._plan is None:
            self._plan = self._planned([cell.strip() for cell in cells])
            return None
        row: dict[str, Any] = dict(self._profile.constants)
        trim, problem = self._profile.trim, None
        for name, index, convert in self._plan:
            if index >= len(cells):
                problem = problem or Note(f"/{name}", "column_missing", f"The row has {len(cells)} columns.")
                continue
            try:
                row[name] = _cell(cells[index].strip() if trim else cells[index], convert)
            except Refused as refusal:
                problem = problem or Note(f"/{name}", refusal.code, refusal.message)
        for name in self._json_fields:
            if row.get(name):
                try:
                    row[name] = strict_json.loads(row[name].encode())
                except json.JSONDecodeError as error:
                    problem = problem or Note(f"/{name}", "not_json", str(error)[:300])
        self._arrange(row)
        return Line(number, row, problem)

    def _arrange(self, row: dict[str, Any]) -> None:
        """Cells become what the row means by them: a deletion, members of objects, nested fields."""
        empty = [name for name in self._profile.deleted_when_empty if row.get(name) == ""]
        if empty:
            row["deleted"] = True
            for name in empty:
                del row[name]
        for name, field, member in self._members:
            if name in row:
                value, whole = row.pop(name), row.setdefault(field, {})
                if value != "":
                    whole[member] = value
        for _, field, _ in self._members:
            row[field] = row.get(field) or None
        # All are taken out before any is placed: a field may have the name of an object others are placed in.
        nested = [(parts, row.pop(name)) for name, parts in self._nested if name in row]
        for parts, value in nested:
            _place(row, parts, value)

    def _planned(self, header: list[str]) -> list[tuple[str, int, Convert | None]]:
        places = {name: index for index, name in reversed(list(enumerate(header)))}
        wanted: list[tuple[str, str | int]]
        if self._profile.columns:
            wanted = [(entry.field, entry.column) for entry in self._profile.columns]
        else:
            known = self._schema.by_name.keys() | {"deleted"}
            wanted = [(name, name) for name in header if name in known]
        plan = []
        for field, column in wanted:
            index = column - 1 if isinstance(column, int) else places.get(column, -1)
            if not 0 <= index < len(header):
                raise BodyRefused("column_missing", f"The file has no column {column!r}.")
            plan.append((field, index, self._converters.get(field)))
        used = {index for _, index, _ in plan}
        self._unknown.update(
            name[:200] for index, name in enumerate(header[:1000]) if index not in used and name
        )
        return plan


_BROKEN = "\x00broken"


def _place(row: dict[str, Any], parts: list[str], value: Any) -> None:
    for part in parts[:-1]:
        row = row.setdefault(part, {})
    row[parts[-1]] = value
