"""CloudEvents 1.0 in Kafka's binary mode: headers and values, out and in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic

import orjson
from pydantic import ValidationError

from eventing.topics import Kind, M

HEARTBEAT_KEY = "heartbeat"
HEARTBEAT_VALUE = b'{"heartbeat":true}'
SPEC_VERSION = "1.0"


@dataclass(frozen=True)
class Attributes:
    """The CloudEvents attributes of one message; `version` only for state."""

    topic: str
    id: str
    source: str
    subject: str
    time: datetime
    version: int | None = None
    traceparent: str | None = None


@dataclass(frozen=True)
class Record:
    """A message as it lies in Kafka."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes | None
    headers: Mapping[str, str]

    @property
    def is_heartbeat(self) -> bool:
        """True for the sign of life that no handler sees."""
        return self.key == HEARTBEAT_KEY and self.value == HEARTBEAT_VALUE


@dataclass(frozen=True)
class Arrived(Generic[M]):
    """A message for a handler. `value` is None when the aggregate was deleted; `version` only for state."""

    key: str
    version: int | None
    value: M | None
    id: str
    time: datetime
    traceparent: str | None = None


class UndecodableError(Exception):
    """A message that breaks its envelope or does not fit the consumer's model."""


def headers(attributes: Attributes) -> Sequence[tuple[str, bytes]]:
    """The Kafka headers of a message."""
    pairs = [
        ("ce_specversion", SPEC_VERSION),
        ("ce_id", attributes.id),
        ("ce_type", f"{attributes.topic}.v1"),
        ("ce_source", attributes.source),
        ("ce_subject", attributes.subject),
        ("ce_time", attributes.time.isoformat().replace("+00:00", "Z")),
        ("ce_dataschema", f"urn:kontor:events:{attributes.topic}:v1"),
    ]
    if attributes.version is not None:
        pairs.append(("ce_sequence", str(attributes.version)))
    if attributes.traceparent is not None:
        pairs.append(("traceparent", attributes.traceparent))
    return [(name, value.encode()) for name, value in pairs]


def deletion(key: str) -> bytes:
    """The value that says an aggregate is gone."""
    return orjson.dumps({"id": key, "deleted": True})


def decode(record: Record, kind: Kind, model: type[M]) -> Arrived[M]:
    """The message for a handler. Raises UndecodableError."""
    try:
        version = int(record.headers["ce_sequence"]) if kind is Kind.STATE else None
        return Arrived(
            key=record.key,
            version=version,
            value=_value(record, model),
            id=record.headers["ce_id"],
            time=datetime.fromisoformat(record.headers["ce_time"]),
            traceparent=record.headers.get("traceparent"),
        )
    except KeyError as error:
        raise UndecodableError(f"header {error} is missing") from error
    except (ValidationError, ValueError) as error:
        raise UndecodableError(str(error)) from error


def _value(record: Record, model: type[M]) -> M | None:
    if record.value is None:
        raise UndecodableError("the message has no value")
    # Nearly no message is a deletion: look for the word before parsing a second time.
    if b'"deleted"' in record.value:
        content = orjson.loads(record.value)
        if isinstance(content, dict) and content.keys() == {"id", "deleted"} and content["deleted"] is True:
            return None
    return model.model_validate_json(record.value)
