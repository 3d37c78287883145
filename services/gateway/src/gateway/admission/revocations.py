"""Revocations: access tokens issued before their subject's watermark have ended, at this door."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import structlog

from chassis.clock import Clock, milliseconds
from chassis.failures import Unauthenticated, Unavailable
from chassis.health import Check, State
from chassis.loops import pause
from chassis.principal import Caller, Principal
from chassis.tokens import KeySource, TokenVerifier
from eventing.follower import TopicFollower
from gateway.consumers import RevocationSeen

HEARTBEAT_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.5
_TOKEN_MILLISECONDS: Final = 300_000
# Asked again from a little earlier: a revocation may be committed after one with a later watermark.
_OVERLAP_MILLISECONDS: Final = 10_000
_SWEEP_MILLISECONDS: Final = 30_000
_log = structlog.get_logger(__name__)

Ask = Callable[[int], Awaitable[tuple[Iterable[RevocationSeen], int]]]
"""Asks accounts for revocations since a moment, and until when they are complete, in milliseconds.

Raises Unavailable."""


class Watermarks:
    """The newest watermark of every subject, as long as a token older than it may still live."""

    def __init__(self) -> None:
        self._not_before: dict[tuple[str, str], int] = {}
        self._swept_until = 0

    def put(self, seen: RevocationSeen) -> None:
        """Remembers a watermark; an older one changes nothing."""
        key = (seen.subject_kind, seen.subject_id)
        self._not_before[key] = max(seen.not_before, self._not_before.get(key, 0))

    def forget(self, before: int) -> None:
        """Drops watermarks older than any token can be, at most twice a minute."""
        if before - self._swept_until < _SWEEP_MILLISECONDS:
            return
        self._swept_until = before
        self._not_before = {key: moment for key, moment in self._not_before.items() if moment >= before}

    def revokes(self, principal: Principal) -> bool:
        """Whether the principal's token was issued before the watermark of any of its subjects."""
        marks = self._not_before
        return bool(marks) and any(marks.get(key, 0) > principal.issued_at for key in subjects(principal))


def subjects(principal: Principal) -> list[tuple[str, str]]:
    """Everything whose revocation ends this principal's token, as (kind, id)."""
    found = [
        (principal.caller.value, principal.subject),
        ("account", principal.account_id),
        ("login", principal.login_id),
        ("role", principal.role_id),
        ("client", principal.client_id),
    ]
    if principal.actor is not None:
        # Who acts for a user is staff, and a staff member who is out acts for nobody.
        found.append((Caller.STAFF.value, principal.actor))
    return [(kind, subject) for kind, subject in found if subject is not None]


class Revocations:
    """Keeps the watermarks fresh: from the topic, and from accounts while the topic is silent."""

    def __init__(
        self, marks: Watermarks, follower: TopicFollower[RevocationSeen], ask: Ask, clock: Clock
    ) -> None:
        self._marks = marks
        self._follower = follower
        self._ask = ask
        self._clock = clock
        self._asked_until: int | None = None
        self._answered = False

    @property
    def known(self) -> bool:
        """Whether every revocation of living tokens was once read: from the topic or from accounts."""
        return self._follower.ready or self._asked_until is not None

    def check(self, principal: Principal) -> None:
        """Raises Unauthenticated for a revoked token, Unavailable while nothing is known yet."""
        if not self.known:
            raise Unavailable("revocations are not known yet")
        if self._marks.revokes(principal):
            raise Unauthenticated("the token was revoked")

    async def run(self, stop: asyncio.Event) -> None:
        """Asks accounts twice a second as long as the topic is silent."""
        while not stop.is_set():
            if self._silent:
                await self._look()
            else:
                self._asked_until = None
            self._marks.forget(milliseconds(self._clock.now()) - 2 * _TOKEN_MILLISECONDS)
            await pause(stop, _LOOK_SECONDS)

    @property
    def _silent(self) -> bool:
        return not self._follower.ready or self._follower.silent_seconds > HEARTBEAT_SECONDS

    async def _look(self) -> None:
        since = self._asked_until
        if since is None:
            since = milliseconds(self._clock.now()) - 2 * _TOKEN_MILLISECONDS
        try:
            found, until = await self._ask(since - _OVERLAP_MILLISECONDS)
        except Unavailable as failure:
            # Both gone: the tokens that live end within their five minutes, and no new ones are issued.
            if self._answered:
                _log.warning("revocations_unknown", reason=str(failure))
            self._answered = False
        else:
            for seen in found:
                self._marks.put(seen)
            self._asked_until = until
            self._answered = True

    async def probe(self) -> Check:
        """FAILED before anything is known, DEGRADED while the topic is silent."""
        figures = {"asks_accounts": self._answered}
        if not self.known:
            return Check(State.FAILED, "revocations are not known yet", figures)
        if self._silent:
            return Check(State.DEGRADED, "the revocation topic is silent", figures)
        return Check(State.READY)


class WatchedVerifier(TokenVerifier):
    """A token is valid when it verifies and nobody revoked it."""

    def __init__(self, keys: KeySource, issuer: str, clock: Clock, revocations: Revocations) -> None:
        super().__init__(keys, issuer, clock)
        self._revocations = revocations

    async def verify(self, token: str) -> Principal:
        principal = await super().verify(token)
        self._revocations.check(principal)
        return principal
