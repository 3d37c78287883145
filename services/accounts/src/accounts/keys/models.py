"""When a signing key is published, signs, and goes: pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key pair as JWKs, and the time in which it signs."""

    id: str
    public_key: dict[str, Any]
    private_key: bytes
    signs_from: datetime
    signs_until: datetime

    def signs_at(self, moment: datetime) -> bool:
        """Whether tokens are signed with it at the moment."""
        return self.signs_from <= moment < self.signs_until

    def verifies_at(self, moment: datetime, longest_token: timedelta) -> bool:
        """Whether a token it signed may still be valid: it stays published as long."""
        return moment < self.signs_until + longest_token


@dataclass(frozen=True, slots=True)
class KeyPolicy:
    """How long keys sign, and how long they are published before."""

    lifetime: timedelta
    lead: timedelta

    def next_start(self, keys: list[SigningKey], now: datetime) -> datetime | None:
        """When the next key must start to sign if it must be made now, else None."""
        last_end = max((key.signs_until for key in keys), default=None)
        if last_end is None or last_end <= now:
            return now
        return last_end if last_end - self.lead <= now else None
