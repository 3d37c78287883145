"""What the gateway follows, whole and in every process: revocations and the channels' origins."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic

from eventing.envelope import Arrived
from eventing.follower import TopicFollower
from eventing.topics import ConsumedModel, Kind, M


class RevocationSeen(ConsumedModel):
    """From which moment (milliseconds) on tokens of a subject count."""

    subject_kind: str
    subject_id: str
    not_before: int


class ChannelSeen(ConsumedModel):
    """The origins a channel's pages come from."""

    id: str
    origins: tuple[str, ...]


@dataclass(frozen=True)
class Followed(Generic[M]):
    """A state topic read from its start by every process, without a group."""

    topic: str
    model: type[M]
    kind: Kind = Kind.STATE

    def follower(self, bootstrap: str, on_event: Callable[[Arrived[M]], None]) -> TopicFollower[M]:
        """Hands each state to `on_event` once it runs."""
        return TopicFollower(bootstrap, self.topic, self.kind, self.model, on_event)


REVOCATION: Final = Followed("accounts.revocation", RevocationSeen)
CHANNEL: Final = Followed("accounts.channel", ChannelSeen)

SUBSCRIBED: Final = (REVOCATION, CHANNEL)
