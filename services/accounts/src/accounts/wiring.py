"""The composition of accounts: every part constructed once, by hand, and found by routes as `Wired`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

from accounts import events, tables
from accounts.catalogues.repository import CatalogueRepository
from accounts.catalogues.service import CatalogueAssignmentService
from accounts.channels.repository import ChannelRepository
from accounts.channels.service import ChannelService
from accounts.clients.repository import ClientRepository
from accounts.clients.service import ClientService
from accounts.customer_accounts.publishing import AccountPublisher
from accounts.customer_accounts.repository import CustomerAccountRepository
from accounts.customer_accounts.service import CustomerAccountService
from accounts.feed_desk import FedChanges, make_feeds
from accounts.invitations.service import InvitationService, LinkPolicy
from accounts.keys.models import KeyPolicy
from accounts.keys.repository import KeyRepository
from accounts.keys.service import KeyRing
from accounts.logins.repository import LoginRepository
from accounts.mails.repository import MailQueue
from accounts.passwords.hashing import PasswordHashing
from accounts.revocations.repository import Revocations
from accounts.roles.repository import RoleRepository
from accounts.roles.service import RoleService
from accounts.sessions.models import RefreshTokens
from accounts.sessions.repository import SessionRepository
from accounts.sessions.service import SessionPolicy, SessionService, SessionStores
from accounts.sessions.tokens import TokenIssuer
from accounts.settings import AccountsSettings
from accounts.staff.repository import StaffRepository
from accounts.staff.service import StaffService
from accounts.users.repository import UserRepository
from accounts.users.service import UserService, UserStores
from chassis.audit import AuditTrail
from chassis.clock import Clock
from chassis.database import Database
from chassis.pages import Cursors
from chassis.repeats import Repeats
from eventing.metrics import process_metrics
from eventing.notices import NoticeSender
from eventing.outbox import Outbox
from feeds.desk import Feeds


@dataclass(frozen=True)
class Stores:
    """Repositories: without state, shared by use cases."""

    accounts: CustomerAccountRepository
    users: UserRepository
    roles: RoleRepository
    staff: StaffRepository
    clients: ClientRepository
    channels: ChannelRepository
    logins: LoginRepository
    sessions: SessionRepository
    catalogues: CatalogueRepository


@dataclass(frozen=True)
class Wiring:
    """What routes, consumers and commands call."""

    database: Database
    clock: Clock
    cursors: Cursors
    repeats: Repeats
    locales: tuple[str, ...]
    stores: Stores
    outbox: Outbox
    audit: AuditTrail
    revocations: Revocations
    keys: KeyRing
    passwords: PasswordHashing
    mails: MailQueue
    feeds: Feeds
    roles: RoleService
    accounts: CustomerAccountService
    catalogue_assignments: CatalogueAssignmentService
    users: UserService
    staff: StaffService
    clients: ClientService
    channels: ChannelService
    invitations: InvitationService
    sessions: SessionService
    notices: NoticeSender


def wire(settings: AccountsSettings, database: Database, clock: Clock) -> Wiring:
    """Constructs the graph; nothing connects yet."""
    secret = settings.token_secret.get_secret_value()
    outbox = Outbox(tables.events, events.SOURCE, clock)
    notices = NoticeSender(settings.kafka_bootstrap, events.SOURCE, clock, process_metrics())
    audit = AuditTrail(tables.audit, clock)
    revocations = Revocations(outbox, clock)
    stores = _stores()
    keys = KeyRing(database, KeyRepository(secret), _key_policy(settings), clock)
    issuer = TokenIssuer(keys, settings.token_issuer, settings.access_token_seconds, clock)
    passwords = PasswordHashing(settings.hashing_threads, settings.hashing_queue)
    mails = MailQueue(clock)
    publisher = AccountPublisher(stores.accounts, revocations, outbox, clock)
    fed = FedChanges(publisher, stores.users, stores.sessions, revocations, outbox, clock)
    invitations = InvitationService(
        database, stores.logins, stores.sessions, passwords, mails, revocations, _links(settings), clock
    )
    return Wiring(
        database=database,
        clock=clock,
        cursors=Cursors(settings.cursor_secret.get_secret_value()),
        repeats=Repeats(database, tables.idempotency_key),
        locales=settings.locales,
        stores=stores,
        outbox=outbox,
        audit=audit,
        revocations=revocations,
        keys=keys,
        passwords=passwords,
        mails=mails,
        feeds=make_feeds(database, clock, fed),
        roles=RoleService(database, stores.roles, audit, revocations, outbox, clock),
        accounts=CustomerAccountService(database, stores.accounts, audit, revocations, outbox, clock),
        catalogue_assignments=CatalogueAssignmentService(
            database, stores.catalogues, stores.accounts, publisher, audit, clock
        ),
        users=UserService(database, _user_stores(stores), invitations, audit, revocations, outbox, clock),
        staff=StaffService(
            database, stores.staff, stores.logins, stores.roles, invitations, audit, revocations, clock
        ),
        clients=ClientService(database, stores.clients, issuer, audit, revocations, clock),
        channels=ChannelService(database, stores.channels, audit, outbox, clock),
        invitations=invitations,
        notices=notices,
        sessions=SessionService(
            database,
            _session_stores(stores),
            passwords,
            issuer,
            RefreshTokens(secret),
            revocations,
            outbox,
            notices,
            _session_policy(settings),
            clock,
        ),
    )


def _stores() -> Stores:
    return Stores(
        CustomerAccountRepository(),
        UserRepository(),
        RoleRepository(),
        StaffRepository(),
        ClientRepository(),
        ChannelRepository(),
        LoginRepository(),
        SessionRepository(),
        CatalogueRepository(),
    )


def _user_stores(stores: Stores) -> UserStores:
    return UserStores(stores.users, stores.logins, stores.roles, stores.accounts)


def _session_stores(stores: Stores) -> SessionStores:
    return SessionStores(stores.logins, stores.users, stores.staff, stores.channels, stores.sessions)


def _key_policy(settings: AccountsSettings) -> KeyPolicy:
    return KeyPolicy(timedelta(days=settings.key_rotation_days), timedelta(seconds=settings.key_lead_seconds))


def _links(settings: AccountsSettings) -> LinkPolicy:
    return LinkPolicy(
        timedelta(hours=settings.invitation_hours),
        timedelta(minutes=settings.reset_minutes),
        settings.channel_link,
    )


def _session_policy(settings: AccountsSettings) -> SessionPolicy:
    return SessionPolicy(
        timedelta(days=settings.refresh_token_days),
        timedelta(seconds=settings.refresh_grace_seconds),
        ZoneInfo(settings.time_zone),
    )


async def _wired(request: Request) -> Wiring:
    wiring: Wiring = request.app.state.wiring
    return wiring


Wired = Annotated[Wiring, Depends(_wired)]
