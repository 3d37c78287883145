"""What pricing publishes: its topics and the public state of its aggregates."""

from typing import Final

from pydantic import BaseModel, ConfigDict

from eventing.topics import EventModel, Kind, Topic
from feeds.announcing import FeedState
from pricing.rules.models import TargetKind


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Target(_Part):
    """What a rule names."""

    target: TargetKind
    id: str


class Entry(Target):
    """One target of an `also` or `hide` rule."""

    rule_id: str


class Limit(_Part):
    """An `only` rule: at least one of its targets must match."""

    rule_id: str
    targets: list[Target]


class AudienceState(EventModel):
    """What its users may see: (member of the catalogue or any `also`), and every `only`, and no `hide`."""

    id: str
    catalogue_id: str | None
    also: list[Entry]
    only: list[Limit]
    hide: list[Entry]


class PrincipalState(EventModel):
    """Which audience a user belongs to; the id is the user's."""

    id: str
    audience_id: str
    account_id: str


class ChangeSet(EventModel):
    """Prices that changed: of these agreements (null: of any), for these products, or for all."""

    agreements: list[str] | None
    product_ids: list[str]
    all: bool


AUDIENCE: Final = Topic("visibility.audience", Kind.STATE, AudienceState)
PRINCIPAL: Final = Topic("visibility.principal", Kind.STATE, PrincipalState)
CHANGE_SET: Final = Topic("pricing.change-set", Kind.NOTICE, ChangeSet)
FEED: Final = Topic("pricing.feed", Kind.STATE, FeedState)

SOURCE: Final = "/kontor/pricing"
TOPICS: Final = (AUDIENCE, PRINCIPAL, CHANGE_SET, FEED)
