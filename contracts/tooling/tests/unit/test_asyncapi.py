"""The AsyncAPI document: every topic with who sends and who receives it."""

from pathlib import Path

from contract_tools import asyncapi

TOPIC = """topic: things.thing
owner: things
kind: state
key: id
partitions: 3
config: {cleanup.policy: compact}
consumers: [figures]
description: A thing.
"""


def test_a_topic_is_a_channel_its_owner_sends_to_and_its_consumers_receive_from(tmp_path: Path) -> None:
    folder = tmp_path / "events" / "things.thing"
    folder.mkdir(parents=True)
    (folder / "topic.yaml").write_text(TOPIC, encoding="utf-8")
    found = asyncapi.document(tmp_path)
    channel = found["channels"]["things.thing"]
    assert "A thing." == channel["description"]
    assert 3 == channel["bindings"]["kafka"]["partitions"]
    assert "./things.thing/v1.schema.json" == channel["messages"]["things.thing"]["payload"]["$ref"]
    actions = {name: entry["action"] for name, entry in found["operations"].items()}
    assert {"things sends things.thing": "send", "figures receives things.thing": "receive"} == actions


def test_only_state_carries_a_sequence(tmp_path: Path) -> None:
    folder = tmp_path / "events" / "things.thing"
    folder.mkdir(parents=True)
    (folder / "topic.yaml").write_text(TOPIC.replace("kind: state", "kind: notice"), encoding="utf-8")
    message = asyncapi.document(tmp_path)["channels"]["things.thing"]["messages"]["things.thing"]
    assert "ce_sequence" not in message["headers"]["properties"]
