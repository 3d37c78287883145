"""Topics for tests, on the real broker."""

import pytest
from aiokafka.errors import KafkaError

from testkit.kafka import Broker, Message


async def test_what_is_produced_is_read_back_in_order_with_its_headers(kafka: Broker) -> None:
    async with kafka.unique_topics("orders.order") as topics:
        sent = [Message(f"k{n}", b"%d" % n, (("ce_id", b"id-%d" % n),)) for n in range(500)]
        await kafka.produce(topics["orders.order"], sent)
        got = await kafka.read_topic(topics["orders.order"])
        assert [(m.key, m.value, m.headers) for m in sent] == [(m.key, m.value, m.headers) for m in got]
        assert list(range(500)) == [m.offset for m in got]
        assert "id-7" == got[7].header("ce_id")


async def test_a_tombstone_and_a_missing_key_survive(kafka: Broker) -> None:
    async with kafka.unique_topics("t") as topics:
        await kafka.produce(topics["t"], [Message("gone", None), Message(None, b"x")])
        assert [("gone", None), (None, b"x")] == [
            (m.key, m.value) for m in await kafka.read_topic(topics["t"])
        ]


async def test_equal_names_are_different_topics_and_reading_an_empty_one_ends(kafka: Broker) -> None:
    async with kafka.unique_topics("t", partitions=3) as one, kafka.unique_topics("t") as other:
        assert one["t"] != other["t"]
        await kafka.produce(one["t"], [Message("a", b"1", partition=2)])
        assert [2] == [m.partition for m in await kafka.read_topic(one["t"])]
        assert [] == await kafka.read_topic(other["t"])


async def test_creating_twice_is_harmless_and_a_bad_setting_is_refused(kafka: Broker) -> None:
    async with kafka.unique_topics("t") as topics:
        await kafka.create_topics([topics["t"]])
    with pytest.raises(KafkaError):
        await kafka.create_topics(["bad-config"], config={"cleanup.policy": "perhaps"})


async def test_no_topic_comes_into_being_by_being_asked_for(kafka: Broker) -> None:
    with pytest.raises(KafkaError):
        await kafka.read_topic("never-created")
