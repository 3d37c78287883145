"""Applying messages on real servers: by version, once, and around what cannot be applied."""

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer
from sqlalchemy import text

from chassis.ids import new_id
from eventing.envelope import Record
from eventing.outbox import Outgoing
from libs.eventing.tests.support.station import Station, eventually, message_of, running


def _record(
    station: Station, event: Outgoing, ce_id: str | None = None, value: bytes | None = None
) -> Record:
    message = message_of(event, station.name, ce_id or new_id())
    headers = {name: content.decode() for name, content in message.headers}
    return Record(message.topic, 0, 0, message.key, value or message.value, headers)


async def _copies(station: Station) -> dict[str, tuple[int, int]]:
    return {row[0]: (row[1], row[2]) for row in await station.rows("SELECT id, value, version FROM copies")}


async def _parked(station: Station) -> list[tuple[str, int | None]]:
    return [(row[0], row[1]) for row in await station.rows("SELECT key, version FROM parked ORDER BY key")]


async def test_an_older_version_does_not_overwrite_a_newer_one(station: Station) -> None:
    await station.applier.apply([_record(station, station.state("a", 5, 50))])
    await station.applier.apply([_record(station, station.state("a", 4, 40))])
    assert {"a": (50, 5)} == await _copies(station)


async def test_an_equal_version_repairs_a_copy(station: Station) -> None:
    await station.applier.apply([_record(station, station.state("a", 5, 50))])
    async with station.database.transaction() as tx:
        await tx.execute(text("UPDATE copies SET value = 999"))
    await station.applier.apply([_record(station, station.state("a", 5, 50))])
    assert {"a": (50, 5)} == await _copies(station)


async def test_within_a_batch_the_newest_state_of_a_key_wins(station: Station) -> None:
    batch = [_record(station, station.state("a", version, version * 10)) for version in (1, 3, 2)]
    await station.applier.apply(batch)
    assert {"a": (30, 3)} == await _copies(station)


async def test_a_deletion_reaches_the_handler_without_a_value(station: Station) -> None:
    await station.applier.apply([_record(station, station.state("a", 1, 1))])
    await station.applier.apply([_record(station, Outgoing(station.thing, "a", 2, None))])
    assert [("a", None, True, 2)] == await station.rows("SELECT id, value, deleted, version FROM copies")


async def test_a_notice_is_applied_at_most_once_per_id(station: Station) -> None:
    one = _record(station, station.notice(3), "n-1")
    await station.applier.apply([one, one])
    await station.applier.apply([one, _record(station, station.notice(4), "n-2")])
    assert [("n-1", 3), ("n-2", 4)] == await station.rows("SELECT ce_id, amount FROM heard ORDER BY id")


async def test_a_poisoned_state_parks_its_key_and_the_others_flow(station: Station) -> None:
    await station.applier.apply(
        [
            _record(station, station.state("a", 1, 1)),
            _record(station, station.state("b", 1, -1)),
            _record(station, station.notice(7)),
            _record(station, station.state("c", 1, 3)),
        ]
    )
    assert {"a": (1, 1), "c": (3, 1)} == await _copies(station)
    assert [("b", 1)] == await _parked(station)
    assert [(7,)] == await station.rows("SELECT amount FROM heard")
    ((reason, payload),) = await station.rows("SELECT reason, payload FROM parked")
    assert "PoisonError()" == reason
    assert b'{"id":"b","value":-1}' == payload


async def test_older_states_of_a_parked_key_stay_parked_and_a_newer_one_frees_it(station: Station) -> None:
    await station.applier.apply([_record(station, station.state("b", 5, -1))])
    await station.applier.apply([_record(station, station.state("b", 4, 4))])
    assert {} == await _copies(station)
    assert [("b", 5)] == await _parked(station)
    await station.applier.apply([_record(station, station.state("b", 6, 6))])
    assert {"b": (6, 6)} == await _copies(station)
    assert [] == await _parked(station)


async def test_a_newer_state_in_the_same_failing_batch_frees_the_key(station: Station) -> None:
    await station.applier.apply(
        [_record(station, station.state("b", 1, -1)), _record(station, station.state("x", 1, -1))]
    )
    await station.applier.apply(
        [_record(station, station.state("b", 2, 2)), _record(station, station.state("x", 2, -2))]
    )
    assert {"b": (2, 2)} == await _copies(station)
    assert [("x", 2)] == await _parked(station)


async def test_a_poisoned_notice_parks_alone_and_is_not_counted_as_seen(station: Station) -> None:
    await station.applier.apply(
        [_record(station, station.notice(-1), "bad"), _record(station, station.notice(2), "good")]
    )
    assert [("good",)] == await station.rows("SELECT ce_id FROM heard")
    assert [("good",)] == await station.rows("SELECT ce_id FROM inbox")
    assert [("n", "bad")] == await station.rows("SELECT key, notice_id FROM parked")


@pytest.mark.parametrize(
    "value", [b"", b"\xff\x00", b"[]", b'{"value": "many"}', b'{"value": 1', b'{"value": null, "deleted": 1}']
)
async def test_an_undecodable_message_parks_and_the_others_flow(station: Station, value: bytes) -> None:
    bad = _record(station, station.state("b", 9, 1), value=value or b" ")
    await station.applier.apply([bad, _record(station, station.state("a", 1, 1))])
    assert {"a": (1, 1)} == await _copies(station)
    assert [("b", 9)] == await _parked(station)


async def test_a_parked_message_is_tried_again_when_it_is_due(station: Station) -> None:
    await station.applier.apply([_record(station, station.state("b", 5, -1))])
    assert 0 == await station.applier.retry_parked()
    async with station.database.transaction() as tx:
        await tx.execute(text("UPDATE parked SET retry_at = now() - interval '1 second'"))
    assert 0 == await station.applier.retry_parked()
    ((attempts, later),) = await station.rows("SELECT attempts, retry_at > now() FROM parked")
    assert (2, True) == (attempts, later)
    async with station.database.transaction() as tx:
        payload = b'{"id":"b","value":5}'
        await tx.execute(text("UPDATE parked SET payload = :payload, retry_at = now()"), {"payload": payload})
    assert 1 == await station.applier.retry_parked()
    assert {"b": (5, 5)} == await _copies(station)
    assert [] == await _parked(station)


async def test_a_deadlock_or_a_lost_connection_is_waited_for_and_parks_nothing(station: Station) -> None:
    await station.applier.apply([_record(station, station.state("a", 1, 1))])
    async with station.database.transaction() as blocker:
        await blocker.execute(text("SELECT * FROM copies WHERE id = 'a' FOR UPDATE"))
        applying = asyncio.create_task(station.applier.apply([_record(station, station.state("a", 2, 2))]))
        await asyncio.sleep(0.3)
        killed = await blocker.scalars(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
        assert any(killed)
        await asyncio.sleep(0.3)
        assert not applying.done()
    await applying
    assert {"a": (2, 2)} == await _copies(station)
    assert [] == await _parked(station)


async def test_a_worker_carries_states_and_notices_end_to_end_and_knows_when_it_caught_up(
    station: Station,
) -> None:
    worker = station.worker()
    for number in range(40):
        await station.change(f"k{number:02}", number)
    await station.put(*(station.notice(number) for number in range(10)))
    things = await station.rows("SELECT id, value, version FROM things ORDER BY id")

    async def caught_up() -> bool:
        # It catches up with what is there when it first looks: perhaps before the relay has sent anything.
        copies = await station.rows("SELECT id, value, version FROM copies ORDER BY id")
        figures, waiting = await worker.consumer_figures(), await worker.outbox_figures()
        return things == copies and waiting.unpublished == 0 and figures.caught_up and figures.lag == 0

    async with running(worker.run):
        await eventually(caught_up)
        await eventually(lambda: _heard(station, 45))
    assert [(45,)] == await station.rows("SELECT sum(amount) FROM heard")
    assert (0, 0.0) == (
        (await worker.outbox_figures()).unpublished,
        (await worker.outbox_figures()).oldest_unpublished_seconds,
    )


async def _heard(station: Station, amount: int) -> bool:
    return [(amount,)] == await station.rows("SELECT sum(amount) FROM heard")


async def test_the_watchdog_replaces_a_consumer_that_hangs(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = station.worker()
    hanging = asyncio.Event()
    getmany = AIOKafkaConsumer.getmany
    victims: set[int] = set()

    async def sometimes_for_ever(self: AIOKafkaConsumer, *args: object, **kwargs: object) -> object:
        if hanging.is_set() and (not victims or id(self) in victims):
            victims.add(id(self))
            await asyncio.Event().wait()
        return await getmany(self, *args, **kwargs)

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", sometimes_for_ever)

    async def copied() -> int:
        return len(await _copies(station))

    async def one_copied() -> bool:
        return await copied() == 1

    async def two_copied() -> bool:
        return await copied() == 2

    async with running(worker.run):
        await station.change("a", 1)
        await eventually(one_copied)
        hanging.set()
        await eventually(lambda: _is_set(victims))
        await station.change("b", 2)
        await eventually(two_copied, 20)
    assert 1 == worker.metrics.recreated._value.get()


async def _is_set(victims: set[int]) -> bool:
    return bool(victims)
