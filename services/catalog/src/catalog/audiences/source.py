"""Where audiences come from: pricing, asked with the caller's token, remembered a minute at most."""

import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

import structlog

from catalog.audiences.models import Audience
from catalog.errors import AudienceUnknown, VisibilityPending
from chassis.principal import Principal
from chassis.upstream import Upstream, UpstreamDown
from eventing.envelope import Arrived
from eventing.topics import ConsumedModel

_log = structlog.get_logger(__name__)
_REMEMBERED: Final = 20_000
_PATH: Final = "/internal/v1/audience"


class Evicting(ConsumedModel):
    """All that is read of a visibility event: its key is enough."""


@dataclass(frozen=True, slots=True)
class _Kept:
    audience: Audience
    until: float


# (user, audience) of the request that is being answered.
_held: ContextVar[tuple[str, Audience] | None] = ContextVar("held_audience", default=None)


class Audiences:
    """The audience of a user. An event takes a remembered one away at once; without events age does."""

    def __init__(self, pricing: Upstream, seconds: float) -> None:
        self._pricing = pricing
        self._seconds = seconds
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._evictions = 0

    async def of(self, principal: Principal) -> Audience:
        """The audience of the calling user. Raises VisibilityPending when nobody can say."""
        held = _held.get()
        if held is not None and held[0] == principal.subject:
            return held[1]
        kept = self._kept.get(principal.subject)
        if kept is not None and time.monotonic() < kept.until:
            return kept.audience
        evictions = self._evictions
        # Age counts from the question: the answer may be as old as that.
        until = time.monotonic() + self._seconds
        audience = await self._ask(principal, {})
        if audience is None:
            raise VisibilityPending
        if evictions == self._evictions:
            self._kept[principal.subject] = _Kept(audience, until)
            self._kept.move_to_end(principal.subject)
            if len(self._kept) > _REMEMBERED:
                self._kept.popitem(last=False)
        return audience

    @contextmanager
    def holding(self, principal: Principal, audience: Audience) -> Iterator[None]:
        """What is answered inside is answered under this audience, also when an event comes meanwhile."""
        token = _held.set((principal.subject, audience))
        try:
            yield
        finally:
            _held.reset(token)

    async def of_user(self, staff: Principal, user_id: str) -> Audience:
        """The audience of a user, for staff. Raises AudienceUnknown, VisibilityPending."""
        audience = await self._ask(staff, {"user_id": user_id})
        if audience is None:
            raise AudienceUnknown
        return audience

    def on_principal(self, event: Arrived[Evicting]) -> None:
        """A user has another audience now."""
        self._evictions += 1
        self._kept.pop(event.key, None)

    def on_audience(self, event: Arrived[Evicting]) -> None:
        """What an audience sees has changed."""
        self._evictions += 1
        for user_id in [user for user, kept in self._kept.items() if kept.audience.id == event.key]:
            del self._kept[user_id]

    async def _ask(self, principal: Principal, params: Mapping[str, str]) -> Audience | None:
        try:
            answer = await self._pricing.call("GET", _PATH, principal=principal, params=params)
        except UpstreamDown as error:
            raise VisibilityPending from error
        if answer.status == 404:
            return None
        if answer.status != 200:
            _log.warning("audience_not_answered", status=answer.status)
            raise VisibilityPending
        document: dict[str, Any] = answer.json()
        return Audience.read(document)
