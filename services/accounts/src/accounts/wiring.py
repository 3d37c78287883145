"""The composition of accounts: every part constructed once, by hand, and found by routes as `Wired`."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from accounts import events, tables
from accounts.audit.repository import AuditTrail
from accounts.revocations.repository import Revocations
from accounts.roles.repository import RoleRepository
from accounts.roles.service import RoleService
from accounts.settings import AccountsSettings
from chassis.clock import Clock
from chassis.database import Database
from chassis.pages import Cursors
from eventing.outbox import Outbox


@dataclass(frozen=True)
class Wiring:
    """What routes and consumers call."""

    database: Database
    cursors: Cursors
    audit: AuditTrail
    revocations: Revocations
    roles: RoleService


def wire(settings: AccountsSettings, database: Database, clock: Clock) -> Wiring:
    """Constructs the graph; nothing connects yet."""
    outbox = Outbox(tables.events, events.SOURCE, clock)
    audit = AuditTrail(clock)
    revocations = Revocations(outbox, clock)
    return Wiring(
        database=database,
        cursors=Cursors(settings.cursor_secret.get_secret_value()),
        audit=audit,
        revocations=revocations,
        roles=RoleService(database, RoleRepository(), audit, revocations, outbox, clock),
    )


def _wired(request: Request) -> Wiring:
    wiring: Wiring = request.app.state.wiring
    return wiring


Wired = Annotated[Wiring, Depends(_wired)]
