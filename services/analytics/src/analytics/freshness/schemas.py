"""Ages of feeds and states of exports on the wire."""

from datetime import datetime

from pydantic import Field

from chassis.models import Answer


class FeedAge(Answer):
    """A feed: its last run, and how old its data is."""

    source: str
    resource: str
    scope: str
    mode: str
    state: str
    counts: dict[str, int]
    data_as_of: datetime | None
    finished_at: datetime | None
    age_seconds: int | None = Field(description="Since `data_as_of`, else since the end of the last run.")


class FeedAges(Answer):
    """Every feed."""

    items: list[FeedAge]


class ExportCount(Answer):
    """How many exports of a connector are in a state."""

    connector: str | None
    state: str
    exports: int


class ExportCounts(Answer):
    """Where exports stand."""

    items: list[ExportCount]
