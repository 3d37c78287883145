"""What may be recorded: the rules of state and notices, checked before anything is written."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from eventing.outbox import Outgoing
from eventing.topics import EventModel, Kind, Topic, topic_files


class Thing(EventModel):
    id: str


class Other(EventModel):
    id: str


STATE = Topic("s.thing", Kind.STATE, Thing)
NOTICE = Topic("s.happened", Kind.NOTICE, Thing)


def test_a_state_with_a_version_a_deletion_and_a_notice_are_accepted() -> None:
    Outgoing(STATE, "a", 1, Thing(id="a"))
    Outgoing(STATE, "a", 2, None)
    Outgoing(NOTICE, "a", None, Thing(id="a"))


@pytest.mark.parametrize(
    ("topic", "version", "value"),
    [(STATE, None, Thing(id="a")), (NOTICE, 1, Thing(id="a")), (NOTICE, None, None)],
)
def test_a_version_belongs_to_state_alone_and_a_notice_has_a_value(
    topic: Topic[Thing], version: int | None, value: BaseModel | None
) -> None:
    with pytest.raises(ValueError, match=topic.name):
        Outgoing(topic, "a", version, value)


def test_a_value_of_another_topics_model_is_refused() -> None:
    with pytest.raises(TypeError, match="Thing"):
        Outgoing(STATE, "a", 1, Other(id="a"))


def test_a_producers_model_refuses_fields_outside_the_contract() -> None:
    with pytest.raises(ValidationError):
        Thing.model_validate({"id": "a", "extra": 1})


def _write(folder: Path, topic: str, text: str) -> None:
    path = folder / "events" / topic
    path.mkdir(parents=True)
    (path / "topic.yaml").write_text(text, encoding="utf-8")


BODY = """\
owner: {owner}
kind: state
key: id
partitions: 3
config: {{retention.ms: 3600000, preallocate: true}}
"""


def test_topic_files_are_read_by_owner_with_configuration_as_kafka_writes_it(tmp_path: Path) -> None:
    _write(tmp_path, "b.two", "topic: b.two\n" + BODY.format(owner="b"))
    _write(tmp_path, "a.one", "topic: a.one\n" + BODY.format(owner="a"))
    assert ["a.one", "b.two"] == [file.topic for file in topic_files(tmp_path)]
    (own,) = topic_files(tmp_path, owner="b")
    assert {"retention.ms": "3600000", "preallocate": "true"} == own.config


def test_a_topic_file_in_another_topics_folder_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, "a.one", "topic: a.two\n" + BODY.format(owner="a"))
    with pytest.raises(ValueError, match=r"a\.two"):
        topic_files(tmp_path)
