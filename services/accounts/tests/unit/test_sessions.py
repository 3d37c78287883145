"""Refresh tokens: what presenting one means."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.sessions.models import RefreshToken, RefreshTokens, Session, Verdict, judge
from chassis.principal import Caller

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
GRACE = timedelta(seconds=30)


def session(**changes: object) -> Session:
    values = {
        "id": "family",
        "login_id": "login",
        "caller": Caller.USER,
        "subject": "user",
        "channel_id": None,
        "generation": 5,
        "rotated_at": NOW - timedelta(seconds=10),
        "expires_at": NOW + timedelta(days=1),
        "revoked_at": None,
    }
    return Session(**(values | changes))  # type: ignore[arg-type]  # built from names


@pytest.mark.parametrize(
    ("generation", "changes", "expected"),
    [
        (5, {}, Verdict.ROTATE),
        (4, {}, Verdict.REPEAT),
        (4, {"rotated_at": NOW - GRACE}, Verdict.REUSED),
        (3, {}, Verdict.REUSED),
        (6, {}, Verdict.REUSED),
        (5, {"revoked_at": NOW}, Verdict.ENDED),
        (5, {"expires_at": NOW}, Verdict.ENDED),
    ],
)
def test_a_refresh_token_is_judged_by_its_generation(
    generation: int, changes: dict[str, object], expected: Verdict
) -> None:
    assert expected == judge(session(**changes), generation, NOW, GRACE)


def test_a_refresh_token_of_another_installation_is_not_genuine() -> None:
    ours, theirs = RefreshTokens("ours"), RefreshTokens("theirs")
    token = RefreshToken.parse(theirs.text("family", 1))
    assert token is not None
    assert theirs.genuine(token)
    assert not ours.genuine(token)


@pytest.mark.parametrize("text", ["", "a", "a.b.c", "a.1", "a.1.b.c", "a.-1.b", "a.٣.b", "a.1234567890.b"])
def test_what_is_no_refresh_token_is_not_parsed(text: str) -> None:
    assert RefreshToken.parse(text) is None
