"""Event contracts: what is missing or contradicts itself is told, one sentence each."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from contract_tools.events import check_events
from contract_tools.services import Service
from eventing.topics import ConsumedModel, EventModel, Kind, Topic


class Thing(EventModel):
    """What the producer writes."""

    id: str
    colour: str


class ThingCopy(ConsumedModel):
    """What the consumer reads."""

    colour: str


class StrictCopy(ConsumedModel):
    """A consumer that expects a number."""

    colour: int


@dataclass(frozen=True)
class Listening:
    """An entry of SUBSCRIBED."""

    topic: str
    model: type[BaseModel]


_NAME = "catalog.thing"
_FILE: dict[str, Any] = {
    "topic": _NAME,
    "owner": "catalog",
    "kind": "state",
    "key": "id",
    "partitions": 1,
    "consumers": ["pricing"],
}
_TEXT = {"type": "string"}
_DELETED = {"properties": {"id": _TEXT, "deleted": {"const": True}}, "required": ["id", "deleted"]}
_THING = {
    "type": "object",
    "required": ["id", "colour"],
    "properties": {"id": _TEXT, "colour": _TEXT},
    "additionalProperties": False,
}
_SCHEMA = {"oneOf": [_THING, _DELETED]}
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(file: dict[str, Any] | None = None, schema: Any = _SCHEMA, **examples: Any) -> Path:
        folder = tmp_path / "events" / _NAME
        (folder / "examples").mkdir(parents=True)
        (folder / "topic.yaml").write_text(yaml.safe_dump(_FILE | (file or {})))
        (folder / "v1.schema.json").write_text(json.dumps(schema))
        first = {"id": "1", "colour": "red"}
        for name, value in ({"first": first, "gone": {"id": "1", "deleted": True}} | examples).items():
            if value is not None:
                (folder / "examples" / f"{name}.json").write_text(json.dumps(value))
        return tmp_path

    return write


def _services(reads: type[BaseModel] = ThingCopy, kind: Kind = Kind.STATE) -> list[Service]:
    return [
        Service("catalog", {}, (Topic(_NAME, kind, Thing),), (), frozenset()),
        Service("pricing", {}, (), (Listening(_NAME, reads),), frozenset()),
    ]


def test_a_topic_as_it_should_be_raises_no_objection(write: Write) -> None:
    assert [] == list(check_events(write(), _services()))


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ({"owner": ""}, "is owned by nobody"),
        ({"owner": "warehouse"}, "is owned by warehouse, which is no service"),
        ({"owner": "pricing"}, "is not among the topics of its owner pricing"),
        ({"consumers": []}, "has no consumer"),
        ({"consumers": ["pricing", "shop"]}, "is consumed by shop, which is no service"),
        ({"consumers": ["pricing", "catalog"]}, "catalog does not consume catalog.thing"),
        ({"consumers": ["analytics"]}, "pricing consumes catalog.thing; its topic.yaml says otherwise"),
        ({"kind": "notice"}, "is notice in its file and state in catalog"),
    ],
    ids=str,
)
def test_a_topic_file_that_contradicts_the_code_is_told(
    write: Write, file: dict[str, Any], says: str
) -> None:
    assert says in "\n".join(check_events(write(file), _services()))


@pytest.mark.parametrize(
    ("examples", "says"),
    [
        ({"gone": None}, "has 1 examples; it needs 2"),
        ({"first": {"colour": "red"}}, "first.json breaks the schema at $: "),
        ({"first": {"id": "1", "colour": 5}}, "first.json breaks the schema at $: "),
        ({"first": {"id": "1", "colour": 5}}, "is refused by its producer catalog (Thing) at colour"),
        (
            {"first": {"id": "1", "colour": "red", "size": 1}},
            "is refused by its producer catalog (Thing) at size",
        ),
        ({"first": {"id": "1"}}, "is refused by pricing's consumer 0 (ThingCopy) at colour"),
    ],
    ids=str,
)
def test_an_example_that_somebody_refuses_is_told(write: Write, examples: dict[str, Any], says: str) -> None:
    assert says in "\n".join(check_events(write(**examples), _services()))


def test_a_consumer_that_reads_otherwise_than_the_example_is_told(write: Write) -> None:
    found = list(check_events(write(), _services(StrictCopy)))
    assert 1 == len(found)
    assert "pricing's consumer 0 (StrictCopy) at colour" in found[0]


def test_a_published_topic_without_a_file_is_told(write: Write) -> None:
    services = [
        *_services(),
        Service("accounts", {}, (Topic("accounts.x", Kind.STATE, Thing),), (), frozenset()),
    ]
    assert ["accounts publishes accounts.x, which has no topic.yaml"] == list(check_events(write(), services))


def test_what_is_no_schema_is_told(write: Write) -> None:
    assert "is no JSON Schema" in "\n".join(check_events(write(schema={"type": 5}), _services()))


def test_a_schema_that_says_another_thing_than_the_producer_writes_is_told(write: Write) -> None:
    schema = {"oneOf": [_THING | {"required": ["id"]}, _DELETED]}
    found = list(check_events(write(schema=schema), _services()))
    fault = "/colour is required in the model and not in the schema"
    assert [f"{_NAME}/v1.schema.json: {fault}"] == found
