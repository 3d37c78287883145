"""The days an answer is about: both ends included, the last thirty days when nothing is said."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final

from fastapi import Depends, Query

from analytics.wiring import Wired
from chassis.failures import FieldError, Invalid
from chassis.values import Day

_DAYS: Final = 30
_MOST_DAYS: Final = 3660
_EARLIEST: Final = date(1970, 2, 1)
_LATEST: Final = date(2199, 12, 31)


class PeriodInvalid(Invalid):
    """The days do not make a period."""

    code = "period_invalid"
    title = "The first day must not follow the last, and ten years are the most"

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("period_invalid", self.title, parameter="from")])


@dataclass(frozen=True, slots=True)
class Period:
    """Local days from `first` to `last`, and the moments they begin and end at (half-open)."""

    first: date
    last: date
    begins: datetime
    ends: datetime

    @property
    def binding(self) -> list[str]:
        """What a cursor of a list about this period belongs to."""
        return [self.first.isoformat(), self.last.isoformat()]


async def period(
    wiring: Wired,
    first: Annotated[Day | None, Query(alias="from", description="First local day.")] = None,
    last: Annotated[Day | None, Query(alias="to", description="Last local day.")] = None,
) -> Period:
    """Dependency. Raises PeriodInvalid."""
    last = last or wiring.clock.now().astimezone(wiring.zone).date()
    if not _EARLIEST <= (first or last) <= last <= _LATEST:
        raise PeriodInvalid
    first = first or last - timedelta(days=_DAYS - 1)
    if last - first > timedelta(days=_MOST_DAYS):
        raise PeriodInvalid
    begins = datetime.combine(first, time(), wiring.zone).astimezone(UTC)
    ends = datetime.combine(last + timedelta(days=1), time(), wiring.zone).astimezone(UTC)
    return Period(first, last, begins, ends)


InPeriod = Annotated[Period, Depends(period)]
