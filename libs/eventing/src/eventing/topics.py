"""Topics: what a service publishes, and the contract file that says how Kafka keeps it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Generic, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator


class Kind(StrEnum):
    """What a message means: the whole state of an aggregate, or something that happened."""

    STATE = "state"
    NOTICE = "notice"


class EventModel(BaseModel):
    """Value of a message as its producer writes it: nothing but the fields of the contract."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ConsumedModel(BaseModel):
    """Value of a message as one consumer reads it: only the fields it needs, unknown ones ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Topic(Generic[M]):
    """A topic this service writes. `urgent` rows are relayed before all others."""

    name: str
    kind: Kind
    model: type[M]
    urgent: bool = False


class TopicFile(BaseModel):
    """`contracts/events/<topic>/topic.yaml`: owner, kind, partitions, Kafka's configuration, consumers."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    topic: str
    owner: str
    kind: Kind
    key: str
    partitions: int = Field(ge=1)
    config: dict[str, str] = Field(default_factory=dict)
    consumers: tuple[str, ...] = ()

    @field_validator("config", mode="before")
    @classmethod
    def _as_kafka_writes_it(cls, value: object) -> object:
        """Kafka's configuration values are text; YAML reads some of them as numbers and booleans."""
        if not isinstance(value, dict):
            return value
        return {
            key: str(item).lower() if isinstance(item, bool) else str(item) for key, item in value.items()
        }


def topic_files(contracts_dir: Path, owner: str | None = None) -> Sequence[TopicFile]:
    """Every topic file under `<contracts_dir>/events`, ordered by name; only an owner's if one is given.

    Raises pydantic.ValidationError for a file that breaks the shape, ValueError if folder and topic differ.
    """
    found = []
    for path in sorted((contracts_dir / "events").glob("*/topic.yaml")):
        topic = TopicFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        if topic.topic != path.parent.name:
            raise ValueError(f"{path} describes {topic.topic}")
        if owner in (None, topic.owner):
            found.append(topic)
    return found
