"""Validity: local days, half-open moments, days of 23 and 25 hours."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pricing.prices.models import Policy, Status, period
from pricing.prices.resolution import explain, resolve
from services.pricing.tests.support.prices import ZONE, a_product, a_row, a_wish

INSTANT = timedelta(microseconds=1)


def status_at(moment: datetime, valid_from: date | None, valid_to: date | None) -> str:
    row = a_row("row", "9", valid_from=valid_from, valid_to=valid_to)
    quote, verdicts = explain([row], a_product(), a_wish(at=moment), Policy())
    assert (quote.status is Status.PRICED) == (verdicts["row"] == "won")
    return verdicts["row"].value


def test_a_price_begins_with_the_wholesalers_day_and_ends_after_its_last() -> None:
    day = date(2026, 5, 4)
    begins, ends = datetime(2026, 5, 3, 22, tzinfo=UTC), datetime(2026, 5, 4, 22, tzinfo=UTC)
    assert "not_yet_valid" == status_at(begins - INSTANT, day, day)
    assert "won" == status_at(begins, day, day)
    assert "won" == status_at(ends - INSTANT, day, day)
    assert "no_longer_valid" == status_at(ends, day, day)


def test_the_day_the_clocks_go_forward_has_23_hours_and_the_day_they_go_back_25() -> None:
    def hours(day: date) -> float:
        begins, ends = period(day, day, ZONE)
        assert begins is not None
        assert ends is not None
        return (ends.astimezone(UTC) - begins.astimezone(UTC)) / timedelta(hours=1)

    assert [23, 25, 24] == [hours(date(2026, 3, 29)), hours(date(2026, 10, 25)), hours(date(2026, 5, 4))]


def test_open_ends_are_open() -> None:
    assert (None, None) == period(None, None, ZONE)
    assert "won" == status_at(datetime(1990, 1, 1, tzinfo=UTC), None, None)


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 1, 1)))
def test_one_price_a_day_leaves_no_gap_and_no_overlap(day: date) -> None:
    today = a_row("today", "9", valid_from=day, valid_to=day)
    tomorrow = a_row("tomorrow", "8", valid_from=day + timedelta(days=1), valid_to=day + timedelta(days=1))
    assert today.ends_at is not None
    for moment in (today.ends_at - INSTANT, today.ends_at):
        _, verdicts = explain([today, tomorrow], a_product(), a_wish(at=moment.astimezone(UTC)), Policy())
        assert 1 == sum(verdict == "won" for verdict in verdicts.values())
    assert Status.PRICED == resolve([today], a_product(), a_wish(at=today.ends_at - INSTANT), Policy()).status
