"""Event examples fit the models of who writes them and of pricing, which reads others'."""

from pathlib import Path

import orjson
import pytest
from pydantic import BaseModel

from pricing import events
from pricing.consumers import SUBSCRIBED

EVENTS = Path(__file__).parents[4] / "contracts" / "events"
READ: dict[str, type[BaseModel]] = {heard.topic: heard.model for heard in SUBSCRIBED}
WRITTEN = {topic.name: topic.model for topic in events.TOPICS}


@pytest.mark.parametrize("topic", [*WRITTEN, *READ])
def test_every_example_of_a_topic_fits(topic: str) -> None:
    model = (WRITTEN | READ)[topic]
    examples = sorted((EVENTS / topic / "examples").glob("*.json"))
    assert len(examples) >= 2
    for path in examples:
        example = orjson.loads(path.read_bytes())
        if example.get("deleted") is not True:
            model.model_validate(example)
