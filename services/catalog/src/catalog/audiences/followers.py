"""Listening for changes of visibility in every API process, so that nobody sees what he no longer may."""

import asyncio

from catalog.audiences.source import Audiences, Evicting
from chassis.health import Check, Probe, State
from eventing.follower import TopicFollower
from eventing.topics import Kind

PRINCIPALS = "visibility.principal"
AUDIENCES = "visibility.audience"


class VisibilityFollowers:
    """Followers of the visibility topics, from now on: what was before is not remembered anyway."""

    def __init__(self, bootstrap: str, audiences: Audiences) -> None:
        self._followers = [
            TopicFollower(
                bootstrap, PRINCIPALS, Kind.STATE, Evicting, audiences.on_principal, from_start=False
            ),
            TopicFollower(bootstrap, AUDIENCES, Kind.STATE, Evicting, audiences.on_audience, from_start=False),
        ]
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begins to follow; does not wait for Kafka."""
        self._tasks = [asyncio.create_task(follower.run(self._stop)) for follower in self._followers]

    async def stop(self) -> None:
        """Ends following."""
        self._stop.set()
        await asyncio.gather(*self._tasks)

    def probe(self) -> Probe:
        """DEGRADED until both are followed: changes are then seen when a remembered audience ends."""

        async def follows() -> Check:
            if all(follower.ready for follower in self._followers):
                return Check(State.READY)
            return Check(State.DEGRADED, "changes of visibility are seen with the delay of the cache")

        return follows
