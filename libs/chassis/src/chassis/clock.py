"""Time as an argument: nobody asks the operating system directly."""

from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Anything that can tell the time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def milliseconds(moment: datetime) -> int:
    """Milliseconds since the epoch, as versions and revocations count them."""
    # In whole numbers: a float of seconds loses the last millisecond now and then.
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def next_version(previous: int | None, now: datetime) -> int:
    """The version that follows `previous`: max(old + 1, milliseconds now).

    Time in the version keeps a restored database from reusing numbers consumers have seen.
    """
    return max((previous or 0) + 1, milliseconds(now))
