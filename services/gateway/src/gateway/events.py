"""What the gateway publishes: how its users look and search. Notices, without an outbox: few may be lost."""

from datetime import datetime
from typing import Final

from eventing.topics import EventModel, Kind, Topic


class SearchNotice(EventModel):
    """A user searched; `results` counts the hits, or those on the first page when no total was asked for."""

    user_id: str
    account_id: str
    channel_id: str | None
    term: str
    results: int
    at: datetime


class ViewNotice(EventModel):
    """A user opened a product."""

    user_id: str
    account_id: str
    channel_id: str | None
    product_id: str
    at: datetime


SEARCH: Final = Topic("usage.search", Kind.NOTICE, SearchNotice)
VIEW: Final = Topic("usage.view", Kind.NOTICE, ViewNotice)

SOURCE: Final = "/kontor/gateway"
TOPICS: Final = (SEARCH, VIEW)
