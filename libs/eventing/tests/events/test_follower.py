"""Following a topic whole: ready at its end, alive by heartbeats, through a lost connection."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry

from eventing.consumer import Arrived
from eventing.follower import TopicFollower
from eventing.heartbeat import Heartbeat
from eventing.kafka import Cluster
from eventing.metrics import EventMetrics
from eventing.notices import NoticeSender
from eventing.outbox import Outgoing
from eventing.topics import Kind
from libs.eventing.tests.support.station import Happened, Station, ThingCopy, ThingState, eventually, running
from testkit.kafka import Broker


def _follower(station: Station, seen: list[Arrived[ThingCopy]], **more: bool) -> TopicFollower[ThingCopy]:
    return TopicFollower(station.bootstrap, station.thing.name, Kind.STATE, ThingCopy, seen.append, **more)


async def test_a_follower_is_ready_when_it_has_read_everything_there_was(station: Station) -> None:
    await station.send(*(station.state(f"k{n}", n, n) for n in range(1, 101)))
    seen: list[Arrived[ThingCopy]] = []
    follower = _follower(station, seen)
    async with running(follower.run):
        await asyncio.wait_for(follower.wait_ready(), 10)
        assert 100 == len(seen)
        await station.send(station.state("k1", 500, 500))
        await eventually(lambda: _length(seen, 101), 2)
    assert ("k1", 500) == (seen[-1].key, seen[-1].version)


async def test_a_follower_of_an_empty_topic_is_ready_at_once(station: Station) -> None:
    follower = _follower(station, [])
    async with running(follower.run):
        await asyncio.wait_for(follower.wait_ready(), 5)


async def test_a_follower_from_now_on_skips_what_was_before(station: Station) -> None:
    await station.send(station.state("old", 1, 1))
    seen: list[Arrived[ThingCopy]] = []
    follower = _follower(station, seen, from_start=False)
    async with running(follower.run):
        await asyncio.wait_for(follower.wait_ready(), 10)
        await station.send(station.state("new", 2, 2))
        await eventually(lambda: _length(seen, 1), 3)
    assert ["new"] == [one.key for one in seen]


async def test_a_follower_reads_over_the_gaps_that_compaction_and_deletion_leave(station: Station) -> None:
    topic = f"{station.name}.compacted"
    config = {
        "cleanup.policy": "compact,delete", "segment.ms": "200", "min.cleanable.dirty.ratio": "0.0001",
        "delete.retention.ms": "100", "max.compaction.lag.ms": "300", "min.compaction.lag.ms": "0",
    }  # fmt: skip
    cluster = await Cluster.connect(station.bootstrap)
    file = station.files[0].model_copy(update={"topic": topic, "config": config, "partitions": 1})
    await cluster.create_topics([file])
    for version in range(1, 41):
        event = Outgoing(station.thing, f"k{version % 2}", version, ThingState(id="k", value=version))
        await station.send(event, topic=topic)

    async def compacted() -> bool:
        await station.send(Outgoing(station.thing, "tick", 1, ThingState(id="t", value=1)), topic=topic)
        log = await station.log(topic)
        return sum(record.key != "tick" for record in log) < 40

    await eventually(compacted, 60)
    seen: list[Arrived[ThingCopy]] = []
    follower = TopicFollower(station.bootstrap, topic, Kind.STATE, ThingCopy, seen.append)
    async with running(follower.run):
        await asyncio.wait_for(follower.wait_ready(), 10)
    await cluster.close()
    newest = {one.key: one.version for one in seen}
    assert {"k0": 40, "k1": 39, "tick": 1} == newest


async def test_heartbeats_keep_a_follower_from_falling_silent_and_reach_no_handler(station: Station) -> None:
    seen: list[Arrived[ThingCopy]] = []
    follower = _follower(station, seen)
    heartbeat = Heartbeat(station.thing, f"/kontor/{station.name}", station.clock)
    assert float("inf") == follower.silent_seconds
    async with running(follower.run):
        async with running(station.relay(heartbeat=heartbeat).run):
            await asyncio.wait_for(follower.wait_ready(), 10)
            await asyncio.sleep(3)
            assert follower.silent_seconds < 2
        await asyncio.sleep(2.5)
        assert follower.silent_seconds > 2
    assert [] == seen
    assert 0 == follower.refused


async def test_a_message_that_cannot_be_handled_is_counted_and_the_next_one_comes(station: Station) -> None:
    seen: list[str] = []

    async def on_event(arrived: Arrived[ThingCopy]) -> None:
        if arrived.key == "bad":
            raise ValueError("no")
        seen.append(arrived.key)

    await station.send(station.state("bad", 1, 1), station.state("good", 1, 1))
    follower = TopicFollower(station.bootstrap, station.thing.name, Kind.STATE, ThingCopy, on_event)
    async with running(follower.run):
        await asyncio.wait_for(follower.wait_ready(), 10)
    assert ["good"] == seen
    assert 1 == follower.refused


async def test_a_follower_waits_for_a_topic_that_is_created_later(station: Station) -> None:
    topic = f"{station.name}.later"
    seen: list[Arrived[ThingCopy]] = []
    follower = TopicFollower(station.bootstrap, topic, Kind.STATE, ThingCopy, seen.append)
    async with running(follower.run):
        await asyncio.sleep(1)
        assert not follower.ready
        cluster = await Cluster.connect(station.bootstrap)
        await cluster.create_topics([station.files[0].model_copy(update={"topic": topic})])
        await cluster.close()
        await asyncio.wait_for(follower.wait_ready(), 10)


async def test_a_follower_begins_again_when_kafka_was_replaced(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    await station.send(station.state("a", 1, 1))
    seen: list[Arrived[ThingCopy]] = []
    follower = _follower(station, seen)
    cluster_id = Cluster.id
    async with running(follower.run):
        await asyncio.wait_for(follower.wait_ready(), 10)

        async def another(self: Cluster) -> str:
            return "new-" + await cluster_id(self)

        monkeypatch.setattr(Cluster, "id", another)
        await eventually(lambda: _length(seen, 2), 10)
    assert ["a", "a"] == [one.key for one in seen]
    assert 1 == follower.restarts


async def test_notices_are_sent_without_waiting_and_losses_are_counted(station: Station) -> None:
    sender = NoticeSender(
        station.bootstrap, "/kontor/x", station.clock, EventMetrics(CollectorRegistry()), queue=50
    )
    for amount in range(60):
        sender.send(station.happened, "n", Happened(amount=amount))
    assert 10 == sender.lost
    async with running(sender.run):
        await eventually(lambda: _sent(sender, 50))
    assert list(range(50)) == [
        int(record.value[10:-1]) for record in await station.log(station.happened.name) if record.value
    ]


async def test_notices_have_their_topic_again_when_kafka_was_replaced_by_an_empty_one(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster_id = Cluster.id

    async def another(self: Cluster) -> str:
        return "new-" + await cluster_id(self)

    sender = NoticeSender(
        station.bootstrap,
        "/kontor/x",
        station.clock,
        EventMetrics(CollectorRegistry()),
        topics=[file for file in station.files if file.topic == station.happened.name],
    )
    sender.send(station.happened, "n", Happened(amount=1))
    async with running(sender.run):
        await eventually(lambda: _sent(sender, 1))
        await Broker(station.bootstrap).delete_topics([station.happened.name])
        monkeypatch.setattr(Cluster, "id", another)

        async def there_again() -> bool:
            cluster = await Cluster.connect(station.bootstrap)
            try:
                return bool(await cluster.partitions([station.happened.name]))
            finally:
                await cluster.close()

        await eventually(there_again, 30)
        sender.send(station.happened, "n", Happened(amount=2))
        await eventually(lambda: _sent(sender, 2), 30)
    assert [b'{"amount":2}'] == [record.value for record in await station.log(station.happened.name)]


async def _sent(sender: NoticeSender, count: int) -> bool:
    return sender.sent == count


async def _length(seen: list[Arrived[ThingCopy]], count: int) -> bool:
    return len(seen) == count
