"""A source that feeds products, and what became of them: results, rows, and what was published."""

import secrets
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import orjson

from tests.support.imports import Importer, Run
from tests.support.system import System

LENIENT: Final = {"thresholds": {"discontinued_percent": 100, "repriced_percent": 100}}
_ROWS: Final = (
    "SELECT external_id, description, lifecycle, line_number FROM product"
    " WHERE source = $1 AND NOT placeholder ORDER BY external_id"
)
_TOLD: Final = (
    "SELECT p.external_id, count(*) FROM product p"
    " JOIN outbox o ON o.topic = 'catalog.product' AND o.key = p.id WHERE p.source = $1"
    " GROUP BY p.external_id ORDER BY p.external_id"
)


@dataclass(frozen=True)
class Outcome:
    """What a run left behind, without ids and times: two equal runs have equal outcomes."""

    state: str
    counts: dict[str, int]
    results: list[tuple[Any, ...]]
    rows: list[tuple[Any, ...]]
    told: list[tuple[Any, ...]]


@dataclass(frozen=True)
class Feeding:
    """A source of its own with one client, or two."""

    system: System
    importer: Importer
    other: Importer

    @classmethod
    async def begun(cls, system: System) -> "Feeding":
        """A new source with two clients and a unit."""
        source = f"source-{secrets.token_hex(4)}"
        found = cls(
            system, await Importer.registered(system, source), await Importer.registered(system, source)
        )
        await found.importer.write("units", [{"external_id": "ST", "name": "Piece", "decimals": 0}])
        return found

    @property
    def source(self) -> str:
        return self.importer.source

    async def rows(self) -> dict[str, tuple[str, str]]:
        """Description and lifecycle by key."""
        return {row[0]: (row[1], row[2]) for row in await self._ask(_ROWS)}

    async def outcome(self, run: Run) -> Outcome:
        """What the run left behind."""
        results = [
            (
                result["line_number"],
                result["external_id"],
                result["status"],
                orjson.dumps([result["warnings"], result["errors"], result["changes"]]),
            )
            for result in await self.importer.results(run)
        ]
        # Rows that were left out have no line, and stand in the order of ids, which are random.
        results.sort(key=lambda result: (result[0] or 0, result[1]))
        return Outcome(run["state"], run["counts"], results, await self._ask(_ROWS), await self._ask(_TOLD))

    async def expire_leases(self) -> None:
        """Lets the leases of processes that were killed end now."""
        async with catalog_database(self.system) as connection:
            await connection.execute(
                "UPDATE import_run SET lease_until = now() WHERE source = $1 AND lease_until > now()",
                self.source,
            )

    async def staged(self) -> int:
        """How many rows wait in staging."""
        [(found,)] = await self._ask(
            "SELECT count(*) FROM import_staging s JOIN import_run r USING (received) WHERE r.source = $1"
        )
        return int(found)

    async def _ask(self, statement: str) -> list[tuple[Any, ...]]:
        async with catalog_database(self.system) as connection:
            return [tuple(row) for row in await connection.fetch(statement, self.source)]


@asynccontextmanager
async def catalog_database(system: System) -> AsyncIterator[asyncpg.Connection]:
    """A connection to catalog's database."""
    connection = await asyncpg.connect(system.stack.database_url(system.stack.by_name["catalog"]))
    try:
        yield connection
    finally:
        await connection.close()


async def keep_lenient_profile(system: System) -> str:
    """An import profile of products that holds nothing back; its name."""
    name = f"lenient-{secrets.token_hex(4)}"
    staff = await system.staff()
    await staff.post("/admin/v1/products/import-profiles", {"name": name, "settings": LENIENT})
    return name


def product(number: int, text: str) -> dict[str, Any]:
    """A row of the products feed. It says that the product is live: a delta alone revives none."""
    row = {"external_id": f"{number:06d}", "description": f"{text} {number}", "base_unit": "ST"}
    return {**row, "lifecycle": "active"}


def products(numbers: Iterable[int], text: str) -> bytes:
    """Rows of the products feed, as a body."""
    return ndjson([product(number, text) for number in numbers])


def ndjson(rows: Sequence[dict[str, Any]]) -> bytes:
    """Rows as a body."""
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)
