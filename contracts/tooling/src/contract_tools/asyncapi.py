"""The AsyncAPI 3 document of the topics, generated from `contracts/events`."""

import json
from pathlib import Path
from typing import Any, Final

import yaml

from eventing.topics import Kind, TopicFile, topic_files

Document = dict[str, Any]

# Kafka headers of CloudEvents 1.0 in binary mode; a notice has no sequence.
_HEADERS: Final = (
    "ce_specversion",
    "ce_id",
    "ce_type",
    "ce_source",
    "ce_subject",
    "ce_time",
    "ce_dataschema",
    "traceparent",
)


def document(contracts: Path) -> Document:
    """A channel and a message per topic; who publishes sends, who consumes receives."""
    topics = topic_files(contracts)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Kontor's events", "version": "1"},
        "defaultContentType": "application/json",
        "channels": {topic.topic: _channel(contracts, topic) for topic in topics},
        "operations": {name: entry for topic in topics for name, entry in _operations(topic).items()},
    }


def as_text(found: Document) -> str:
    """The document as it is committed: sorted, indented, ending in a line break."""
    return json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _channel(contracts: Path, topic: TopicFile) -> Document:
    told = yaml.safe_load((contracts / "events" / topic.topic / "topic.yaml").read_text(encoding="utf-8"))
    return {
        "address": topic.topic,
        "description": told.get("description", ""),
        "messages": {topic.topic: _message(topic)},
        "bindings": {"kafka": {"partitions": topic.partitions, "topicConfiguration": dict(topic.config)}},
    }


def _message(topic: TopicFile) -> Document:
    names = [*_HEADERS, "ce_sequence"] if topic.kind is Kind.STATE else list(_HEADERS)
    return {
        "name": topic.topic,
        "summary": f"A {topic.kind.value}, keyed by {topic.key}.",
        "headers": {"type": "object", "properties": {name: {"type": "string"} for name in names}},
        "payload": {"$ref": f"./{topic.topic}/v1.schema.json"},
    }


def _operations(topic: TopicFile) -> dict[str, Document]:
    channel = {"$ref": f"#/channels/{topic.topic}"}
    found: dict[str, Document] = {
        f"{topic.owner} sends {topic.topic}": {"action": "send", "channel": channel}
    }
    for consumer in topic.consumers:
        found[f"{consumer} receives {topic.topic}"] = {"action": "receive", "channel": channel}
    return found
