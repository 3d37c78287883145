"""A real product master: its second export changes exactly what the register says, and only once let go."""

import gzip
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import pytest

from local_stack.client import Caller
from tests.support.imports import Importer, Run
from tests.support.pharma_master import (
    ATTRIBUTES,
    LABEL,
    PRICES,
    Export,
    Observed,
    PharmaMaster,
    differences,
    expected,
    plain,
    profile,
)
from tests.support.real_data import data_set
from tests.support.system import System

SOURCE: Final = "pharma"
FEEDS: Final = (None, *PRICES)
# What the register's second export says, counted once more here.
ADDED, REMOVED, CHANGED = 670, 611, 9_085
_GTIN: Final = re.compile(r"\b\d{13}\b")
# Products keep to the default of 10 % when less is lost; the register loses 3 % and is told to be careful.
_CAREFUL: Final[dict[str, Any]] = {"thresholds": {"discontinued_percent": 2}}
_CARELESS: Final[dict[str, Any]] = {"thresholds": {"discontinued_percent": 100, "repriced_percent": 100}}


@dataclass
class Register:
    """The register's side: a client of its own that sends the files, and staff who keep the profiles."""

    system: System
    staff: Caller
    importer: Importer
    master: PharmaMaster

    async def keep_profile(self, name: str, field: str | None, settings: dict[str, Any]) -> None:
        path = f"/admin/v1/{_resource(field)}/import-profiles"
        await self.staff.post(path, {"name": name, "settings": settings})

    async def send(
        self, field: str | None, export: Export, mode: str, *, named: str = "", body: bytes | None = None
    ) -> Run:
        """Uploads the file as it is; the run when it rests."""
        return await self.importer.imported(
            _resource(field),
            export.body if body is None else body,
            headers={"Content-Type": "text/csv", "Content-Encoding": "gzip"},
            mode=mode,
            scope=field or "",
            profile=named or _name(field, export),
        )

    async def observed(self, run: Run, export: Export) -> Observed:
        """What the run's results say, pack by pack and field by field."""
        seen = Observed()
        for result in await self.importer.results(run, "created", "updated", "discontinued"):
            pack = _pack(result, export)
            if result["status"] == "updated" and run["resource"] == "prices":
                assert {"value"} == result["changes"].keys()
                pair = result["changes"]["value"]
                seen.changed[pack, run["scope"]] = (plain(pair["from"]), plain(pair["to"]))
            elif result["status"] == "updated":
                seen.changed |= differences(pack, result["changes"])
            else:
                {"created": seen.created, "discontinued": seen.discontinued}[result["status"]].add(pack)
        return seen

    async def kept(self) -> dict[str, dict[str, str | None]]:
        """Every live pack as catalog and pricing keep it, by the source's field names."""
        products = await self._ask(
            "catalog",
            "SELECT external_id, description, erp_attributes::text AS attributes FROM product"
            " WHERE source = $1 AND lifecycle = 'active'",
        )
        packs: dict[str, dict[str, str | None]] = {}
        for row in products:
            attributes = json.loads(row["attributes"])
            packs[row["external_id"]] = {
                "gtin13": row["external_id"],
                LABEL: row["description"],
                **{name: attributes.get(name) for name in ATTRIBUTES},
                **dict.fromkeys(PRICES),
            }
        prices = await self._ask(
            "pricing",
            "SELECT scope, target_external_id, value::text AS value FROM price"
            " WHERE source = $1 AND NOT deleted",
        )
        for row in prices:
            packs[row["target_external_id"]][row["scope"]] = plain(row["value"])
        return packs

    async def written(self) -> list[tuple[Any, ...]]:
        """How many products and prices there are and which were written last: the same when none was."""
        return [
            tuple(row)
            for service, table in (("catalog", "product"), ("pricing", "price"))
            for row in await self._ask(
                service, f"SELECT count(*), sum(version), max(received) FROM {table} WHERE source = $1"
            )
        ]

    async def _ask(self, service: str, statement: str) -> Sequence[asyncpg.Record]:
        connection = await asyncpg.connect(self.system.stack.database_url(self.system.stack.by_name[service]))
        try:
            found: Sequence[asyncpg.Record] = await connection.fetch(statement, SOURCE)
            return found
        finally:
            await connection.close()


def _resource(field: str | None) -> str:
    return "prices" if field else "products"


def _name(field: str | None, export: Export) -> str:
    return f"{field or 'packs'} {export.encoding}"


def _pack(result: dict[str, Any], export: Export) -> str:
    """Which pack a result speaks of: by its line, or by its key where the file left it out."""
    if result["line_number"] is not None:
        return export.packs_by_line[result["line_number"]]
    [pack] = _GTIN.findall(result["external_id"])
    return str(pack)


def _thousands(line: bytes) -> bool:
    return line.split(b"\t")[9].count(b",") == 2


def _number(cell: bytes) -> str:
    """1234.56 for 1,234,56."""
    *whole, fraction = cell.decode().split(",")
    return plain(f"{''.join(whole)}.{fraction}")


@pytest.fixture(scope="module")
async def register(system: System) -> Register:
    """The register's client with its profiles, and the first export in."""
    master = PharmaMaster.read(data_set("pharma-master"))
    staff = await system.staff()
    importer = await Importer.registered(system, SOURCE)
    found = Register(system, staff, importer, master)
    for field in FEEDS:
        for export in (master.first, master.second):
            careful = {} if field else _CAREFUL
            await found.keep_profile(_name(field, export), field, profile(export.encoding, field, **careful))
    await found.keep_profile("careless", None, profile("cp1252", **_CARELESS))
    unit = {"external_id": "PACK", "name": "Pack", "rec20_code": "PK", "decimals": 0}
    assert ["created"] == await importer.write("units", [unit])
    return found


async def test_the_second_export_changes_what_the_register_says_once_it_is_let_go(register: Register) -> None:
    master = register.master
    for field in FEEDS:
        run = await register.send(field, master.first, "full")
        priced = sum(1 for pack in master.first.packs.values() if field is None or pack[field])
        assert ("done", 0, priced) == (run["state"], run["counts"]["rejected"], run["counts"]["created"])
    assert master.first.packs == await register.kept()
    before = await register.written()

    packs: set[str] = set()
    for field in FEEDS:
        preview = await register.send(field, master.second, "preview")
        assert "done" == preview["state"]
        assert expected(master, field) == await register.observed(preview, master.second)
        packs |= {pack for pack, _ in expected(master, field).changed}
    assert before == await register.written()

    runs = [await register.send(field, master.second, "full") for field in FEEDS]
    held = [(run["state"], run["reason"] and run["reason"]["code"]) for run in runs]
    assert [("held", "discontinues_too_much"), *[("held", "reprices_too_much")] * 2] == held
    assert before == await register.written()

    for field, run in zip(FEEDS, runs, strict=True):
        done = await register.importer.release(run)
        assert ("done", 0) == (done["state"], done["counts"]["rejected"])
        assert expected(master, field) == await register.observed(done, master.second)
    assert master.second.packs == await register.kept()

    changed = {pack for pack, _ in master.delta.changed}
    assert (ADDED, REMOVED, CHANGED) == (len(master.delta.added), len(master.delta.removed), len(changed))
    assert packs <= changed


async def test_the_third_import_changes_nothing(register: Register) -> None:
    before = await register.written()
    for field in FEEDS:
        run = await register.send(field, register.master.second, "full")
        counts = run["counts"]
        assert ("done", len(register.master.second.packs)) == (run["state"], counts["unchanged"])
        assert 0 == counts["created"] + counts["updated"] + counts["discontinued"] + counts["rejected"]
        assert Observed() == await register.observed(run, register.master.second)
    assert before == await register.written()


async def test_one_price_more_or_a_wrong_encoding_is_seen_and_thresholds_are_what_holds(
    register: Register,
) -> None:
    master = register.master
    lines = gzip.decompress(master.second.body).split(b"\n")
    # Of a price with two commas, the first for thousands: 1,234,56.
    at = next(number for number, line in enumerate(lines) if line.count(b"\t") and _thousands(line))
    cells = lines[at].split(b"\t")
    was, cells[9] = cells[9], cells[9][:-1] + (b"1" if cells[9][-1:] == b"0" else b"0")
    lines[at] = b"\t".join(cells)
    tampered = gzip.compress(b"\n".join(lines))
    preview = await register.send("price_without_fee", master.second, "preview", body=tampered)
    pack = master.second.packs_by_line[at + 1]
    assert {(pack, "price_without_fee"): (_number(was), _number(cells[9]))} == (
        await register.observed(preview, master.second)
    ).changed

    wrong = await register.send(None, master.second, "preview", named=_name(None, master.first))
    accented = sum(1 for line in lines if not line.isascii())
    assert accented == wrong["counts"]["rejected"] > 0

    half = gzip.compress(b"\n".join(lines[: len(lines) // 2]))
    reasons = {
        name: (await register.send(None, master.second, "preview", named=name, body=half))["reason"]
        for name in (_name(None, master.second), "careless")
    }
    assert "discontinues_too_much" == reasons[_name(None, master.second)]["code"]
    assert reasons["careless"] is None
