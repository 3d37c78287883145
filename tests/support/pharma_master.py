"""Two exports of a real product master as its source writes them, and what the second one changes.

The French medicines register BDPM (base-donnees-publique.medicaments.gouv.fr), January and May 2021,
Licence Ouverte. Tab separated, no header, decimal comma with a comma for thousands as well.
"""

import csv
import gzip
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Final

Change = dict[tuple[str, str], tuple[str | None, str | None]]
"""By pack and field what it was and what it becomes; None for nothing."""

PRICES: Final = {"price_without_fee": "net", "public_price": "gross"}
# The field of a product that is more than an attribute.
LABEL: Final = "label"
_COLUMNS: Final = (
    "cis", "cip7", LABEL, "status", "marketing_state", "declaration_date", "gtin13", "community_use",
    "reimbursement_rate", "price_without_fee", "public_price", "fee",
)  # fmt: skip
ATTRIBUTES: Final = tuple(
    name for name in _COLUMNS if name not in (LABEL, "gtin13", *PRICES)
)  # fmt: skip
_READ_AS: Final = {"declaration_date": "date", "fee": "decimal"}


@dataclass(frozen=True)
class Export:
    """One export: its packs as the file has them, and as the source's own table has them."""

    folder: Path
    encoding: str

    @cached_property
    def body(self) -> bytes:
        """The file of packs, as it is: packed with gzip."""
        return (self.folder / "CIS_CIP_bdpm.txt.gz").read_bytes()

    @cached_property
    def packs_by_line(self) -> dict[int, str]:
        """Which pack stands in which line."""
        lines = gzip.decompress(self.body).decode(self.encoding).splitlines()
        return {number: line.split("\t")[6] for number, line in enumerate(lines, 1)}

    @cached_property
    def packs(self) -> dict[str, dict[str, str | None]]:
        """Every pack's fields, normalised."""
        rows = _rows(self.folder / "expected_packs.csv.gz")
        return {row["gtin13"]: {name: normal(name, row[name]) for name in _COLUMNS} for row in rows}


@dataclass(frozen=True)
class Delta:
    """What the second export changes: packs added and removed, and fields of those that stay."""

    added: frozenset[str]
    removed: frozenset[str]
    changed: Change


@dataclass(frozen=True)
class PharmaMaster:
    """The whole set."""

    first: Export
    second: Export
    delta: Delta

    @classmethod
    def read(cls, folder: Path) -> "PharmaMaster":
        """The set in a folder."""
        rows = _rows(folder / "expected_delta_2021-01_to_2021-05.csv.gz")
        gone: dict[str, set[str]] = {"added": set(), "removed": set()}
        changed: Change = {}
        for row in rows:
            field = row["field"]
            if row["change"] == "changed":
                pair = (normal(field, row["old"]), normal(field, row["new"]))
                changed[row["gtin13"], field] = pair
            else:
                gone[row["change"]].add(row["gtin13"])
        delta = Delta(frozenset(gone["added"]), frozenset(gone["removed"]), changed)
        return cls(Export(folder / "2021-01", "utf-8"), Export(folder / "2021-05", "cp1252"), delta)


@dataclass
class Observed:
    """What a run, or its preview, says it does to the packs of one feed."""

    created: set[str] = field(default_factory=set)
    discontinued: set[str] = field(default_factory=set)
    changed: Change = field(default_factory=dict)


def expected(master: PharmaMaster, field: str | None) -> Observed:
    """What the second export must do to products, or to the prices in one of its fields."""
    delta = master.delta
    if field is None:
        changed = {key: pair for key, pair in delta.changed.items() if key[1] not in PRICES}
        return Observed(set(delta.added), set(delta.removed), changed)
    moved = {pack: pair for (pack, name), pair in delta.changed.items() if name == field}
    return Observed(
        {pack for pack in delta.added if master.second.packs[pack][field]}
        | {pack for pack, (old, _) in moved.items() if old is None},
        {pack for pack in delta.removed if master.first.packs[pack][field]}
        | {pack for pack, (_, new) in moved.items() if new is None},
        {(pack, field): pair for pack, pair in moved.items() if None not in pair},
    )


def normal(field: str, text: str) -> str | None:
    """A value as the platform keeps it: ISO dates, percentages without their sign, plain decimals."""
    if not text:
        return None
    if field == "declaration_date":
        day, month, year = text.split("/")
        return f"{year}-{month}-{day}"
    if field in PRICES:
        return plain(text)
    return text.removesuffix("%") if field == "reimbursement_rate" else text


def plain(number: str) -> str:
    """A decimal without zeros at its end."""
    return f"{Decimal(number).normalize():f}"


def profile(encoding: str, field: str | None = None, **settings: Any) -> dict[str, Any]:
    """How the file of packs is read: as products, or as the price in one of its fields."""
    places = {name: place for place, name in enumerate(_COLUMNS, 1)}
    columns: list[dict[str, Any]]
    if field is None:
        constants = {"base_unit": "PACK"}
        columns = [
            {"column": places["gtin13"], "field": "external_id"},
            {"column": places[LABEL], "field": "description"},
            *(_member(places[name], name) for name in ATTRIBUTES),
        ]
    else:
        constants = {
            "applies_to_type": "all",
            "target_type": "product",
            "kind": PRICES[field],
            "currency": "EUR",
        }
        columns = [
            {"column": places["gtin13"], "field": "target"},
            {"column": places[field], "field": "value"},
        ]
        settings = {"deleted_when_empty": ["value"], **settings}
    return {
        "format": "csv", "encoding": encoding, "delimiter": "\t", "quote": None, "header": False,
        "decimal_mark": ",", "date_formats": ["%d/%m/%Y"], "columns": columns, "constants": constants,
        **settings,
    }  # fmt: skip


def _member(place: int, name: str) -> dict[str, Any]:
    strip = "% " if name == "reimbursement_rate" else ""
    read_as = _READ_AS.get(name, "text")
    return {"column": place, "field": f"erp_attributes/{name}", "strip": strip, "read_as": read_as}


def differences(pack: str, changes: Mapping[str, Mapping[str, Any]]) -> Change:
    """The changes of one product's result, by the source's field names."""
    found: Change = {}
    for column, pair in changes.items():
        if column == "description":
            found[pack, LABEL] = (pair["from"], pair["to"])
            continue
        assert "erp_attributes" == column, changes
        old, new = pair["from"] or {}, pair["to"] or {}
        for name in old.keys() | new.keys():
            if old.get(name) != new.get(name):
                found[pack, name] = (old.get(name), new.get(name))
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    text = gzip.decompress(path.read_bytes()).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))
