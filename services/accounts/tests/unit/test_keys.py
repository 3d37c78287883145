"""When the next signing key is made, and how long one stays published."""

from datetime import UTC, datetime, timedelta

from accounts.keys.models import KeyPolicy, SigningKey

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
POLICY = KeyPolicy(lifetime=timedelta(days=30), lead=timedelta(minutes=10))


def key(starts: datetime, ends: datetime) -> SigningKey:
    return SigningKey("k", {}, b"", starts, ends)


def test_the_first_key_signs_at_once() -> None:
    assert NOW == POLICY.next_start([], NOW)


def test_the_next_key_is_published_ten_minutes_before_it_signs() -> None:
    present = key(NOW - timedelta(days=29), NOW + timedelta(minutes=10))
    assert present.signs_until == POLICY.next_start([present], NOW)
    assert POLICY.next_start([present], NOW - timedelta(seconds=1)) is None


def test_after_a_pause_longer_than_a_key_lives_a_new_one_signs_at_once() -> None:
    assert NOW == POLICY.next_start([key(NOW - timedelta(days=60), NOW - timedelta(days=30))], NOW)


def test_a_key_stays_published_until_the_last_token_it_signed_has_ended() -> None:
    ended = key(NOW - timedelta(days=30), NOW)
    longest = timedelta(minutes=6)
    assert ended.verifies_at(NOW + timedelta(minutes=5), longest)
    assert not ended.verifies_at(NOW + longest, longest)
