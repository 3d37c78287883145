"""Import runs as an ERP's client sees them: sent, waited for, let go, and read line by line."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from local_stack.client import Caller, Refused, until
from local_stack.erp import SCOPES
from tests.support.system import System

RESTING: Final = ("done", "held", "failed", "cancelled", "superseded")
NDJSON: Final = {"Content-Type": "application/x-ndjson"}
_PATIENCE: Final = 240
# Access tokens last for minutes, a test may last longer.
_RENEWED_AFTER: Final = 100

Run = dict[str, Any]


@dataclass
class Importer:
    """A machine client of a source that sends feeds."""

    system: System
    source: str
    code: str
    secret: str
    _caller: Caller | None = None
    _since: float = field(default=0.0)

    @classmethod
    async def registered(cls, system: System, source: str) -> "Importer":
        """A new client of a source."""
        staff = await system.staff()
        code = f"importer-{secrets.token_hex(4)}"
        body = {"code": code, "name": code, "scopes": list(SCOPES), "source": source}
        return cls(system, source, code, (await staff.post("/admin/v1/clients", body))["secret"])

    async def caller(self) -> Caller:
        """The client with a token that still lasts."""
        if self._caller is None or time.monotonic() - self._since > _RENEWED_AFTER:
            self._since = time.monotonic()
            self._caller = await self.system.platform.machine(self.code, self.secret)
        return self._caller

    async def write(self, resource: str, items: list[dict[str, Any]]) -> list[str]:
        """Writes a batch, returns the statuses."""
        answer = await (await self.caller()).post(f"/integration/v1/{resource}", {"items": items})
        return [result["status"] for result in answer["results"]]

    async def send(
        self,
        resource: str,
        body: bytes | AsyncIterator[bytes],
        *,
        headers: Mapping[str, str] = NDJSON,
        **params: str,
    ) -> Run:
        """Uploads; the run as it was answered. Raises Refused."""
        path = f"/integration/v1/{resource}/imports"
        run: Run = await (await self.caller()).call(
            "POST", path, params=params, content=body, headers=dict(headers)
        )
        return run

    async def imported(self, resource: str, body: bytes | AsyncIterator[bytes], **options: Any) -> Run:
        """Uploads; the run when it rests."""
        return await self.rested(await self.send(resource, body, **options))

    async def runs(self, resource: str) -> list[Run]:
        """The client's own runs of a resource, newest first."""
        page = await (await self.caller()).get("/integration/v1/imports", limit=200)
        return [run for run in page["items"] if run["resource"] == resource]

    async def rested(self, run: Run) -> Run:
        """The run when it has ended or is held, whoever is down in between."""

        async def rests() -> Run | None:
            found = await self.patiently("GET", path_of(run))
            if found and found["state"] in RESTING:
                return found
            # The processes that are asked have work to do.
            await asyncio.sleep(0.3)
            return None

        what = f"the import {run['id']} of {run['resource']}"
        rested: Run = await until(rests, seconds=_PATIENCE, what=what)
        return rested

    async def release(self, run: Run) -> Run:
        """Lets a held run go; the run when it rests again."""

        async def released() -> bool:
            try:
                return await self.patiently("POST", f"{path_of(run)}/release") is not None
            except Refused as refused:
                # An earlier attempt was not answered, and yet done.
                return refused.code == "import_not_held"

        await until(released, seconds=_PATIENCE, what="the run to be released")
        return await self.rested(run)

    async def results(self, run: Run, *statuses: str) -> list[dict[str, Any]]:
        """The run's results by line, those of rows that were left out first."""
        found: list[dict[str, Any]] = []
        params: dict[str, Any] = {"status": statuses, "limit": 200}
        while True:
            page = await (await self.caller()).get(f"{path_of(run)}/results", **params)
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            params["cursor"] = page["next_cursor"]

    async def patiently(self, method: str, path: str) -> Run | None:
        """What is answered, None while nobody can answer. Raises Refused for anything but a 5xx."""
        try:
            found: Run = await (await self.caller()).call(method, path)
        except httpx.TransportError:
            return None
        except Refused as refused:
            if refused.status < 500:
                raise
            return None
        return found


def path_of(run: Run) -> str:
    """Where a run is."""
    return f"/integration/v1/{run['resource']}/imports/{run['id']}"
