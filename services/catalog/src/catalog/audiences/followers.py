"""Listening for changes of visibility in every API process, so that nobody sees what he no longer may."""

from collections.abc import Sequence

from catalog.audiences.source import Audiences, Evicting
from chassis.health import Check, Probe, State
from chassis.server import Loop
from eventing.follower import TopicFollower
from eventing.topics import Kind


class VisibilityFollowers:
    """Followers of the visibility topics, from now on: what was before is not remembered anyway."""

    def __init__(self, bootstrap: str, audiences: Audiences) -> None:
        heard = {
            "visibility.principal": audiences.on_principal,
            "visibility.audience": audiences.on_audience,
        }
        self._followers = [
            TopicFollower(bootstrap, topic, Kind.STATE, Evicting, on_event, from_start=False)
            for topic, on_event in heard.items()
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
