"""The relay on real servers: nothing lost, nothing out of order, one bad key stops nobody."""

import asyncio
from collections import defaultdict

import pytest
from sqlalchemy import text

from eventing.envelope import HEARTBEAT_KEY
from eventing.heartbeat import Heartbeat
from eventing.kafka import Cluster
from eventing.outbox import Outgoing
from libs.eventing.tests.support.station import Station, ThingState, eventually, running

WRITERS, CHANGES, KEYS = 16, 25, 5

LEADERS = (
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


async def _write_concurrently(station: Station, *, lock: bool) -> dict[str, list[int]]:
    async def writer(number: int) -> None:
        for turn in range(CHANGES):
            dwell = 0.0 if lock else 0.002 * ((number + turn) % 3)
            await station.change(f"k{(number + turn) % KEYS}", number * 1000 + turn, lock=lock, dwell=dwell)

    async with running(station.relay().run):
        await asyncio.gather(*(writer(number) for number in range(WRITERS)))
        await eventually(lambda: _none_unpublished(station))
    versions = defaultdict(list)
    for record in await station.log(station.thing.name):
        versions[record.key].append(int(record.headers["ce_sequence"]))
    return versions


async def _none_unpublished(station: Station) -> bool:
    return await station.unpublished() == 0


async def test_sixteen_concurrent_writers_lose_and_invert_nothing(station: Station) -> None:
    versions = await _write_concurrently(station, lock=True)
    assert WRITERS * CHANGES == sum(len(of_key) for of_key in versions.values())
    assert all(sorted(set(of_key)) == of_key for of_key in versions.values())
    final = dict(await station.rows("SELECT id, version FROM things"))
    assert final == {key: of_key[-1] for key, of_key in versions.items()}


async def test_without_the_lock_on_the_aggregate_versions_collide_or_invert(station: Station) -> None:
    versions = await _write_concurrently(station, lock=False)
    assert any(sorted(set(of_key)) != of_key for of_key in versions.values())


async def test_messages_of_a_key_arrive_in_the_order_they_were_recorded(station: Station) -> None:
    await station.put(*(station.state(f"k{n % 7}", n + 1, n) for n in range(1400)))
    async with running(station.relay().run):
        await eventually(lambda: _none_unpublished(station))
    seen = defaultdict(list)
    for record in await station.log(station.thing.name):
        seen[record.key].append(int(record.headers["ce_sequence"]))
    assert {f"k{k}": list(range(k + 1, 1401, 7)) for k in range(7)} == seen


async def test_headers_are_cloudevents_in_binary_mode(station: Station) -> None:
    await station.put(station.state("a", 7, 1), station.notice(3), Outgoing(station.thing, "b", 8, None))
    async with running(station.relay().run):
        await eventually(lambda: _none_unpublished(station))
    log = {record.key: record for record in await station.log(station.thing.name)}
    (notice,) = await station.log(station.happened.name)
    names = ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "ce_dataschema"]
    assert [*names, "ce_sequence"] == list(log["a"].headers)
    assert names == list(notice.headers)
    assert f"{station.thing.name}.v1" == log["a"].headers["ce_type"]
    assert f"/kontor/{station.name}" == log["a"].headers["ce_source"]
    assert "7" == log["a"].headers["ce_sequence"]
    assert b'{"id":"b","deleted":true}' == log["b"].value


async def test_urgent_rows_are_published_before_a_bulk_that_was_recorded_earlier(station: Station) -> None:
    await station.put(*(station.state(f"k{n}", 1, n) for n in range(3000)))
    await station.put(Outgoing(station.urgent, "u", 1, ThingState(id="u", value=1)))
    async with running(station.relay().run):
        await eventually(lambda: _none_unpublished(station))
    ((urgent_at, others_before),) = await station.rows(
        "SELECT u.published_at, (SELECT count(*) FROM outbox o WHERE o.published_at < u.published_at)"
        " FROM outbox u WHERE u.urgent"
    )
    assert urgent_at is not None
    assert 0 == others_before


async def test_a_key_kafka_refuses_is_skipped_and_the_others_flow(station: Station) -> None:
    cluster = await Cluster.connect(station.bootstrap)
    # Over the topic's limit and under the client's: it is the broker that refuses the whole batch.
    changes = {"topic": f"{station.name}.small", "config": {"max.message.bytes": "2000"}}
    small = station.files[0].model_copy(update=changes)
    await cluster.create_topics([small])
    await cluster.close()
    await station.put(
        *(station.state(key, version, version) for version in (1, 2) for key in ("a", "b", "c"))
    )
    async with station.database.transaction() as tx:
        await tx.execute(text("UPDATE outbox SET topic = :topic"), {"topic": small.topic})
        await tx.execute(
            text("UPDATE outbox SET payload = repeat('x', 4000) WHERE key = 'b' AND version = 1")
        )

    async def only_b_is_left() -> bool:
        left = await station.rows("SELECT key, version FROM outbox WHERE published_at IS NULL ORDER BY id")
        return left == [("b", 1), ("b", 2)]

    async with running(station.relay().run):
        await eventually(only_b_is_left)
        async with station.database.transaction() as tx:
            await tx.execute(text("UPDATE outbox SET payload = '{}' WHERE key = 'b' AND version = 1"))
        await eventually(lambda: _none_unpublished(station), 30)
    last = {record.key: record.headers["ce_sequence"] for record in await station.log(small.topic)}
    assert {"a": "2", "b": "2", "c": "2"} == last


async def test_a_topic_nobody_created_does_not_hold_up_the_others(station: Station) -> None:
    await station.put(station.state("a", 1, 1), station.state("b", 1, 1))
    async with station.database.transaction() as tx:
        await tx.execute(text("UPDATE outbox SET topic = 'nowhere' WHERE key = 'a'"))

    async def only_a_is_left() -> bool:
        return await station.rows("SELECT key FROM outbox WHERE published_at IS NULL") == [("a",)]

    async with running(station.relay().run):
        await eventually(only_a_is_left)


async def test_one_relay_leads_and_the_other_takes_over_when_it_ends(station: Station) -> None:
    other = Station(station.url, station.bootstrap, station.name, station.contracts)
    async with running(other.relay().run):
        async with running(station.relay().run):
            await station.put(station.state("a", 1, 1))
            await eventually(lambda: _none_unpublished(station))
            assert 1 == len(await station.rows(LEADERS))
        await station.put(station.state("a", 2, 2))
        await eventually(lambda: _none_unpublished(station))
    await other.close()
    assert ["1", "2"] == [record.headers["ce_sequence"] for record in await station.log(station.thing.name)]


@pytest.mark.parametrize(("released", "waits"), [(True, False), (False, True)])
async def test_a_lock_not_released_in_order_is_taken_over_only_after_the_send_time_out(
    station: Station, released: bool, waits: bool
) -> None:
    async with station.database.transaction() as tx:
        await tx.execute(
            text("INSERT INTO relay_state (id, released) VALUES (1, :released)"), {"released": released}
        )
    await station.put(station.state("a", 1, 1))
    started = asyncio.get_running_loop().time()
    async with running(station.relay(send_seconds=2.0).run):
        await eventually(lambda: _none_unpublished(station))
    assert waits == (asyncio.get_running_loop().time() - started >= 2.0)


async def test_a_relay_that_lost_its_database_connection_leads_again_and_publishes(station: Station) -> None:
    async with running(station.worker(send_seconds=0.5).run):
        await station.put(station.state("a", 1, 1))
        await eventually(lambda: _none_unpublished(station))
        ((before,),) = await station.rows(LEADERS)
        await station.rows(f"SELECT pg_terminate_backend({before})")
        await station.put(station.state("a", 2, 2))
        await eventually(lambda: _none_unpublished(station))
        ((after,),) = await station.rows(LEADERS)
    assert before != after
    assert ["1", "2"] == [record.headers["ce_sequence"] for record in await station.log(station.thing.name)]


async def test_another_kafka_gets_every_state_again_before_anything_else(station: Station) -> None:
    for number in range(12):
        await station.change(f"k{number:02}", number)
    worker = station.worker()
    async with running(worker.run):
        await eventually(lambda: _none_unpublished(station))
    assert 12 == len(await station.log(station.thing.name))
    async with station.database.transaction() as tx:
        await tx.execute(text("UPDATE relay_state SET cluster_id = 'the one that burnt down'"))

    async def republished() -> bool:
        return await station.rows("SELECT count(*) FROM outbox WHERE published_at IS NOT NULL") == [(24,)]

    async with running(station.worker().run):
        await eventually(republished)
    assert 24 == len(await station.log(station.thing.name))
    ((cluster_id,),) = await station.rows("SELECT cluster_id FROM relay_state")
    assert "the one that burnt down" != cluster_id


async def test_heartbeats_come_every_second_and_stop_while_something_urgent_is_stuck(
    station: Station,
) -> None:
    heartbeat = Heartbeat(station.urgent, f"/kontor/{station.name}", station.clock)

    async def beats() -> int:
        return sum(record.key == HEARTBEAT_KEY for record in await station.log(station.urgent.name))

    async with running(station.relay(heartbeat=heartbeat).run):
        await asyncio.sleep(3.5)
        assert 3 <= await beats() <= 5
        await station.put(Outgoing(station.urgent, "u", 1, ThingState(id="u", value=1)))
        async with station.database.transaction() as tx:
            await tx.execute(text("UPDATE outbox SET topic = 'nowhere', published_at = NULL"))
        await asyncio.sleep(3.0)
        before = await beats()
        await asyncio.sleep(2.5)
        assert before == await beats()
