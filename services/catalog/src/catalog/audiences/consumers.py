"""What every API process follows, so that nobody sees what he no longer may: changes of visibility."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from catalog.audiences.source import Audiences, Evicting
from chassis.health import Check, Probe, State
from chassis.server import Loop
from eventing.follower import TopicFollower
from eventing.topics import Kind


@dataclass(frozen=True)
class Followed:
    """A state topic of which only the keys are read, by every process, without a group."""

    topic: str
    model: type[Evicting] = Evicting
    kind: Kind = Kind.STATE


PRINCIPAL: Final = Followed("visibility.principal")
AUDIENCE: Final = Followed("visibility.audience")
SUBSCRIBED: Final = (PRINCIPAL, AUDIENCE)


class VisibilityFollowers:
    """Followers of the visibility topics, from now on: what was before is not remembered anyway."""

    def __init__(self, bootstrap: str, audiences: Audiences) -> None:
        heard = ((PRINCIPAL, audiences.on_principal), (AUDIENCE, audiences.on_audience))
        self._followers = [
            TopicFollower(bootstrap, found.topic, found.kind, found.model, on_event, from_start=False)
            for found, on_event in heard
        ]

    @property
    def loops(self) -> Sequence[Loop]:
        """What runs beside the API."""
        return [follower.run for follower in self._followers]

    def probe(self) -> Probe:
        """DEGRADED until both are followed: changes are then seen when a remembered audience ends."""

        async def follows() -> Check:
            if all(follower.ready for follower in self._followers):
                return Check(State.READY)
            return Check(State.DEGRADED, "changes of visibility are seen with the delay of the cache")

        return follows
