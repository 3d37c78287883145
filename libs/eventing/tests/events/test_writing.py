"""Outbox, projection and housekeeping on a real PostgreSQL."""

from datetime import timedelta
from time import perf_counter

from opentelemetry.sdk.trace import TracerProvider
from sqlalchemy import ARRAY, BigInteger, Column, Integer, MetaData, Numeric, Table, Text, text

from eventing.cleaning import clean
from eventing.consumer import Arrived
from eventing.figures import outbox_figures, parked_messages
from eventing.projection import remove, upsert
from eventing.republish import republish
from libs.eventing.tests.support.station import Station, ThingCopy


async def test_two_thousand_events_are_recorded_in_their_order_by_one_statement_in_a_blink(
    station: Station,
) -> None:
    events = [station.state(f"k{n:04}", n + 1, n) for n in range(2000)]
    await station.put(*events[:1])
    started = perf_counter()
    await station.put(*events)
    assert perf_counter() - started < 0.5
    keys = [row[0] for row in await station.rows("SELECT key FROM outbox ORDER BY id")]
    assert [event.key for event in (events[0], *events)] == keys


async def test_an_event_that_was_rolled_back_was_never_recorded(station: Station) -> None:
    try:
        async with station.database.transaction() as tx:
            await station.outbox.put(tx, [station.state("a", 1, 1)])
            raise ZeroDivisionError
    except ZeroDivisionError:
        assert [] == await station.rows("SELECT * FROM outbox")


async def test_an_event_carries_the_trace_it_was_recorded_in(station: Station) -> None:
    with TracerProvider().get_tracer("test").start_as_current_span("place") as span:
        await station.put(station.notice(1))
    trace_id = f"{span.get_span_context().trace_id:032x}"
    ((traceparent,),) = await station.rows("SELECT traceparent FROM outbox")
    assert trace_id == traceparent.split("-")[1]


async def test_republish_writes_every_state_again_in_chunks_and_bump_raises_versions(
    station: Station,
) -> None:
    for number in range(7):
        await station.change(f"k{number}", number)
    before = dict(await station.rows("SELECT id, version FROM things"))
    counts = await republish(station.database, station.outbox, station.republishers, chunk=3)
    assert {station.thing.name: 7} == counts
    assert before == dict(await station.rows("SELECT key, max(version) FROM outbox GROUP BY key"))
    await republish(station.database, station.outbox, station.republishers, chunk=3, bump=True)
    after = dict(await station.rows("SELECT id, version FROM things"))
    assert all(after[key] > version for key, version in before.items())
    assert after == dict(await station.rows("SELECT key, max(version) FROM outbox GROUP BY key"))


async def test_a_removal_spares_what_is_newer(station: Station) -> None:
    rows = [{"id": key, "value": 1, "deleted": False, "version": 5} for key in ("a", "b", "c")]
    now = station.clock.now()
    gone: list[Arrived[ThingCopy]] = [
        Arrived(key, version, None, "i", now) for key, version in (("a", 6), ("b", 5), ("c", 4), ("d", 9))
    ]
    async with station.database.transaction() as tx:
        await upsert(tx, station.copies, rows)
        assert 2 == await remove(tx, station.copies, gone)
    assert [("c",)] == await station.rows("SELECT id FROM copies")


async def test_a_projection_with_array_columns_is_written_by_version_too(station: Station) -> None:
    table = Table(
        "shelves",
        MetaData(),
        Column("id", Text, primary_key=True),
        Column("groups", ARRAY(Integer)),
        Column("price", Numeric(12, 6)),
        Column("version", BigInteger),
    )
    async with station.database.transaction() as tx:
        await tx.execute(
            text("CREATE TABLE shelves (id text PRIMARY KEY, groups int[], price numeric, version bigint)")
        )
        await upsert(tx, table, [{"id": "a", "groups": [1, 2], "price": None, "version": 2}])
        await upsert(tx, table, [{"id": k, "groups": [3], "price": None, "version": 1} for k in ("b", "a")])
    assert [("a", [1, 2]), ("b", [3])] == await station.rows("SELECT id, groups FROM shelves ORDER BY id")


async def test_cleaning_deletes_what_is_published_and_old_and_nothing_else(station: Station) -> None:
    await station.put(*(station.state(key, 1, 1) for key in ("old", "new", "unpublished")))
    async with station.database.transaction() as tx:
        await tx.execute(text("UPDATE outbox SET published_at = now() - interval '5 days' WHERE key = 'old'"))
        await tx.execute(text("UPDATE outbox SET published_at = now() WHERE key = 'new'"))
        await tx.execute(text("INSERT INTO inbox VALUES ('old', now() - interval '50 days'), ('new', now())"))
    now = station.clock.now()
    gone = await clean(
        station.database, station.tables,
        published_before=now - timedelta(days=3), seen_before=now - timedelta(days=30),
    )  # fmt: skip
    assert 2 == gone
    assert [("new",), ("unpublished",)] == await station.rows("SELECT key FROM outbox ORDER BY id")
    assert [("new",)] == await station.rows("SELECT ce_id FROM inbox")


async def test_figures_tell_the_age_of_the_oldest_unpublished_row(station: Station) -> None:
    await station.put(station.state("a", 1, 1), station.state("b", 1, 1))
    async with station.database.transaction() as tx:
        await tx.execute(text("UPDATE outbox SET ce_time = now() - interval '90 seconds' WHERE key = 'a'"))
    async with station.database.read() as reader:
        figures = await outbox_figures(reader, station.tables)
        assert [] == await parked_messages(reader, station.tables)
    assert 2 == figures.unpublished
    assert 90 <= figures.oldest_unpublished_seconds < 100
