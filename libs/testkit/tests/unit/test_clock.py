"""The frozen clock."""

from datetime import UTC, datetime, timedelta

import pytest

from testkit.clock import FrozenClock


def test_stands_still_until_it_is_advanced() -> None:
    clock = FrozenClock(datetime(2026, 1, 1, tzinfo=UTC))
    assert datetime(2026, 1, 1, tzinfo=UTC) == clock.now() == clock.now()
    clock.advance(timedelta(minutes=5))
    assert datetime(2026, 1, 1, 0, 5, tzinfo=UTC) == clock.now()


def test_refuses_to_run_backwards_and_to_start_without_a_zone() -> None:
    with pytest.raises(ValueError, match="backwards"):
        FrozenClock().advance(timedelta(seconds=-1))
    with pytest.raises(ValueError, match="aware"):
        FrozenClock(datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test
