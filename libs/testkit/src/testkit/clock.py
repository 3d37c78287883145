"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta


class FrozenClock:
    """Tells the same moment until it is advanced; fits `chassis.clock.Clock`."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        if start.tzinfo is None:
            raise ValueError("a clock needs an aware moment")
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The moment it stands at, aware, in UTC."""
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Move forward and return the new moment; time never runs backwards."""
        if by < timedelta(0):
            raise ValueError("time does not run backwards")
        self._now += by
        return self._now
