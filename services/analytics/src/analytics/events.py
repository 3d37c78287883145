"""What analytics publishes: nothing."""

from typing import Any, Final

from eventing.topics import Topic

TOPICS: Final[tuple[Topic[Any], ...]] = ()
