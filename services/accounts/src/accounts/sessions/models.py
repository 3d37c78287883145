"""Refresh tokens and what presenting one leads to: pure.

A refresh token is family, generation and an HMAC over both: the successor of a token can be derived again,
so that a client whose answer was lost gets the same one. Only hashes are stored.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chassis.principal import Caller


@dataclass(frozen=True, slots=True)
class Session:
    """One log-in: a family of refresh tokens, of which generation `generation` is the present one."""

    id: str
    login_id: str
    caller: Caller
    subject: str
    channel_id: str | None
    generation: int
    rotated_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class Verdict(StrEnum):
    """What a presented refresh token means."""

    ROTATE = "rotate"  # the present one: the next generation follows
    REPEAT = "repeat"  # the one before, within the grace: the same successor again
    REUSED = "reused"  # an older one: it was stolen, or the successor was
    ENDED = "ended"  # the session is over


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A presented refresh token, taken apart."""

    session_id: str
    generation: int
    secret: str

    @classmethod
    def parse(cls, text: str) -> "RefreshToken | None":
        """The parts of a token, None if it is not one."""
        parts = text.split(".")
        if len(parts) != 3 or not parts[1].isascii() or not parts[1].isdigit() or len(parts[1]) > 9:
            return None
        return cls(parts[0], int(parts[1]), parts[2])


class RefreshTokens:
    """Derives refresh tokens from the installation's secret."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"refresh\0" + secret.encode()).digest()

    def text(self, session_id: str, generation: int) -> str:
        """The token of a generation."""
        digest = hmac.digest(self._key, f"{session_id}.{generation}".encode(), "sha256")
        return f"{session_id}.{generation}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"

    def hash(self, session_id: str, generation: int) -> bytes:
        """What is stored of it."""
        return hashlib.sha256(self.text(session_id, generation).encode()).digest()

    def genuine(self, token: RefreshToken) -> bool:
        """Whether it was made here."""
        presented = f"{token.session_id}.{token.generation}.{token.secret}"
        return hmac.compare_digest(presented.encode(), self.text(token.session_id, token.generation).encode())


def judge(session: Session, generation: int, now: datetime, grace: timedelta) -> Verdict:
    """What presenting a genuine token of a generation means now."""
    if session.revoked_at is not None or now >= session.expires_at:
        return Verdict.ENDED
    if generation == session.generation:
        return Verdict.ROTATE
    if generation == session.generation - 1 and now < session.rotated_at + grace:
        return Verdict.REPEAT
    return Verdict.REUSED
