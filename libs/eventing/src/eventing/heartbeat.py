"""The sign of life on a topic: while it is heard, nothing urgent is waiting at the producer."""

from datetime import datetime
from typing import Any

from chassis.clock import Clock
from chassis.ids import new_id
from eventing.envelope import HEARTBEAT_KEY, HEARTBEAT_VALUE, Attributes, headers
from eventing.kafka import Message
from eventing.topics import Topic

HEARTBEAT_SECONDS = 1.0


class Heartbeat:
    """When the next sign of life is due on a topic, and what it looks like."""

    def __init__(self, topic: Topic[Any], source: str, clock: Clock) -> None:
        self.topic = topic.name
        self._source = source
        self._clock = clock
        self._last: datetime | None = None

    def due(self) -> bool:
        """True once a second."""
        if self._last is None:
            return True
        return (self._clock.now() - self._last).total_seconds() >= HEARTBEAT_SECONDS

    def message(self) -> Message:
        """The next sign of life."""
        self._last = self._clock.now()
        attributes = Attributes(
            topic=self.topic,
            id=new_id(),
            source=self._source,
            subject=HEARTBEAT_KEY,
            time=self._last,
            version=None,
        )
        return Message(self.topic, HEARTBEAT_KEY, HEARTBEAT_VALUE, headers(attributes))
