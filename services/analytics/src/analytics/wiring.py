"""The composition of analytics: every part constructed once, by hand, and found by routes as `Wired`."""

from dataclasses import dataclass
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

from analytics.settings import AnalyticsSettings
from chassis.clock import Clock
from chassis.database import Database
from chassis.pages import Cursors
from chassis.tokens import FetchedKeys
from chassis.upstream import Upstream, UpstreamDown


@dataclass(frozen=True)
class Wiring:
    """What routes call. `zone` is the wholesaler's: days are its days."""

    database: Database
    cursors: Cursors
    clock: Clock
    zone: ZoneInfo
    accounts: Upstream
    keys: FetchedKeys


def wire(settings: AnalyticsSettings, database: Database, clock: Clock) -> Wiring:
    """Constructs the graph; nothing connects yet."""
    accounts = Upstream("accounts", settings.accounts_url)

    async def fetch() -> dict[str, Any]:
        answer = await accounts.call("GET", KEYS_PATH)
        if answer.status != 200:
            raise UpstreamDown(accounts.service)
        document: dict[str, Any] = answer.json()
        return document

    return Wiring(
        database=database,
        cursors=Cursors(settings.cursor_secret.get_secret_value()),
        clock=clock,
        zone=ZoneInfo(settings.time_zone),
        accounts=accounts,
        keys=FetchedKeys(fetch),
    )


KEYS_PATH: Final = "/.well-known/jwks.json"


async def _wired(request: Request) -> Wiring:
    wiring: Wiring = request.app.state.wiring
    return wiring


Wired = Annotated[Wiring, Depends(_wired)]
