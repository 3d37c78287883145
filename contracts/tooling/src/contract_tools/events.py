"""The event contracts: every topic is owned, consumed and shown by examples that all models accept."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from pydantic import BaseModel, ValidationError

from contract_tools.producers import unlike
from contract_tools.services import NAMES, Service
from eventing.topics import TopicFile, topic_files

_FEWEST_EXAMPLES: Final = 2


def check_events(contracts: Path, services: Iterable[Service]) -> Iterator[str]:
    """A sentence for each thing that is wrong. Raises what `eventing.topics.topic_files` raises."""
    known = {service.name: service for service in services}
    files = {topic.topic: topic for topic in topic_files(contracts)}
    for topic in files.values():
        yield from _declared(topic, known)
        yield from _Examples(contracts / "events" / topic.topic, topic, known).check()
    for service in known.values():
        for published in service.topics:
            if published.name not in files:
                yield f"{service.name} publishes {published.name}, which has no topic.yaml"
    if len(known) == len(NAMES):
        yield from (
            f"{service.name} consumes {entry.topic}, which has no topic.yaml"
            for service in known.values()
            for entry in service.subscribed
            if entry.topic not in files
        )


def _declared(topic: TopicFile, known: dict[str, Service]) -> Iterator[str]:
    """Whether owner and consumers say the same in their code; services not installed are believed."""
    owner = known.get(topic.owner)
    if topic.owner not in NAMES:
        yield f"{topic.topic} is owned by {topic.owner or 'nobody'}, which is no service"
    published = {entry.name: entry for entry in owner.topics} if owner else {}
    if owner and topic.topic not in published:
        yield f"{topic.topic} is not among the topics of its owner {topic.owner}"
    elif owner and published[topic.topic].kind is not topic.kind:
        yield f"{topic.topic} is {topic.kind} in its file and {published[topic.topic].kind} in {topic.owner}"
    if not topic.consumers:
        yield f"{topic.topic} has no consumer"
    for service in known.values():
        consumes = any(entry.topic == topic.topic for entry in service.subscribed)
        if consumes != (service.name in topic.consumers):
            verb = "consumes" if consumes else "does not consume"
            yield f"{service.name} {verb} {topic.topic}; its topic.yaml says otherwise"
    for name in sorted(set(topic.consumers) - set(NAMES)):
        yield f"{topic.topic} is consumed by {name}, which is no service"


class _Examples:
    """The examples of one topic, against the schema and against every model."""

    def __init__(self, folder: Path, topic: TopicFile, known: dict[str, Service]) -> None:
        self._folder = folder
        self._name = topic.topic
        self._models = dict(_models(topic, known))
        self._written = [
            published.model
            for service in known.values()
            for published in service.topics
            if published.name == topic.topic
        ]

    def check(self) -> Iterator[str]:
        paths = sorted(self._folder.glob("examples/*.json"))
        if len(paths) < _FEWEST_EXAMPLES:
            yield f"{self._name} has {len(paths)} examples; it needs {_FEWEST_EXAMPLES}"
        schema_path = self._folder / "v1.schema.json"
        if not schema_path.is_file():
            yield f"{self._name} has no v1.schema.json"
            return
        schema = json.loads(schema_path.read_text(encoding="utf-8"))
        try:
            Draft202012Validator.check_schema(schema)
        except SchemaError as error:
            yield f"{self._name}/v1.schema.json is no JSON Schema: {error.message}"
            return
        for model in self._written:
            yield from (f"{self._name}/v1.schema.json: {fault}" for fault in unlike(schema, model))
        for path in paths:
            yield from self._accepted(path, Draft202012Validator(schema))

    def _accepted(self, path: Path, validator: Draft202012Validator) -> Iterator[str]:
        where = f"{self._name}/{path.name}"
        content = path.read_bytes()
        value = json.loads(content)
        for error in validator.iter_errors(value):
            yield f"{where} breaks the schema at {error.json_path}: {error.message}"
        if _is_deletion(value):
            return
        for reader, model in self._models.items():
            try:
                model.model_validate_json(content)
            except ValidationError as error:
                first = error.errors()[0]
                place = ".".join(str(step) for step in first["loc"])
                yield f"{where} is refused by {reader} ({model.__name__}) at {place}: {first['msg']}"


def _models(topic: TopicFile, known: dict[str, Service]) -> Iterator[tuple[str, type[BaseModel]]]:
    for service in known.values():
        for published in service.topics:
            if published.name == topic.topic:
                yield f"its producer {service.name}", published.model
        for place, entry in enumerate(service.subscribed):
            if entry.topic == topic.topic:
                yield f"{service.name}'s consumer {place}", entry.model


def _is_deletion(value: Any) -> bool:
    """Deletions reach no model: consumers are told that there is no value."""
    return isinstance(value, dict) and value.keys() == {"id", "deleted"} and value["deleted"] is True
