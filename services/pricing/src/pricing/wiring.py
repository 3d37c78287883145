"""The composition of pricing: every part constructed once, by hand, and found by routes as `Wired`."""

from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

from chassis.audit import AuditTrail
from chassis.clock import Clock
from chassis.database import Database
from chassis.pages import Cursors
from chassis.repeats import Repeats
from chassis.tokens import FetchedKeys
from chassis.upstream import Upstream
from eventing.consumer import AnySubscription
from eventing.outbox import Outbox
from eventing.republish import Republisher
from feeds.announcing import announcer, feed_republisher
from feeds.desk import Feeds
from pricing import events, tables
from pricing.audiences.consumers import AudienceConsumers
from pricing.audiences.repository import AudienceRepository
from pricing.audiences.service import AudienceService
from pricing.consumers import subscriptions
from pricing.policy.repository import PolicyRepository
from pricing.policy.service import PolicyService
from pricing.prices.changes import Changes
from pricing.prices.feed import price_feed
from pricing.prices.queries import PriceQueries
from pricing.prices.repository import PriceRepository
from pricing.prices.service import PriceService
from pricing.projections.consumers import ProjectionConsumers
from pricing.rules.repository import RuleRepository
from pricing.rules.service import RuleService
from pricing.settings import PricingSettings
from pricing.upstreams import Accounts


@dataclass(frozen=True)
class Wiring:
    """What routes, consumers and commands call."""

    database: Database
    cursors: Cursors
    repeats: Repeats
    keys: FetchedKeys
    accounts: Accounts
    outbox: Outbox
    prices: PriceService
    price_rows: PriceRepository
    feeds: Feeds
    audit: AuditTrail
    policy: PolicyService
    rules: RuleService
    audiences: AudienceService
    subscriptions: tuple[AnySubscription, ...]
    republishers: tuple[Republisher, ...]


def wire(settings: PricingSettings, database: Database, clock: Clock) -> Wiring:
    """Constructs the graph; nothing connects yet."""
    outbox = Outbox(tables.events, events.SOURCE, clock)
    accounts = Accounts(Upstream("accounts", settings.accounts_url))
    audit = AuditTrail(tables.audit, clock)
    changes = Changes(outbox)
    repository = AudienceRepository()
    audiences = AudienceService(database, repository, accounts, outbox, clock)
    prices = PriceRepository()
    return Wiring(
        database=database,
        cursors=Cursors(settings.cursor_secret.get_secret_value()),
        repeats=Repeats(database, tables.idempotency_key),
        keys=FetchedKeys(accounts.jwks),
        accounts=accounts,
        outbox=outbox,
        prices=PriceService(database, PriceQueries(database), prices, audiences, clock),
        price_rows=prices,
        feeds=Feeds(
            database,
            clock,
            tables.feeds,
            [price_feed(ZoneInfo(settings.time_zone).key, changes.announce)],
            on_run_changed=announcer(events.FEED, outbox, clock),
        ),
        audit=audit,
        policy=PolicyService(database, PolicyRepository(), changes, audit, clock),
        rules=RuleService(database, RuleRepository(), repository, audiences, audit, clock),
        audiences=audiences,
        subscriptions=subscriptions(AudienceConsumers(repository, audiences), ProjectionConsumers(changes)),
        republishers=(
            Republisher(events.AUDIENCE, audiences.republish_audiences),
            Republisher(events.PRINCIPAL, audiences.republish_principals),
            feed_republisher(events.FEED, tables.feeds, clock),
        ),
    )


async def _wired(request: Request) -> Wiring:
    wiring: Wiring = request.app.state.wiring
    return wiring


Wired = Annotated[Wiring, Depends(_wired)]
