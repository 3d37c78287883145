"""kill -9 between send and mark, and between apply and commit: nothing is lost, nothing doubled."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text

from libs.eventing.tests.support.lives import lives
from libs.eventing.tests.support.station import Station, eventually, running

SEED = 20
KILLS = 20


@asynccontextmanager
async def _trade(station: Station) -> AsyncIterator[None]:
    """Changes and notices all the time."""

    async def trade(stop: asyncio.Event) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            await station.change(f"k{number % 17}", number)
            await station.put(station.notice(number, f"n{number % 5}"))
            await asyncio.sleep(0.02)

    async with running(trade):
        yield


async def _deaths(station: Station, count: int, chance: random.Random) -> list[int]:
    """Kills relays and consumers side by side; how many of each died at their step."""
    async with asyncio.TaskGroup() as group:
        consumers = group.create_task(lives(station, "consumer:applied", count, chance))
        relays = await lives(station, "relay:sent", count, chance)
        # What the last consumers die of has to be relayed by somebody who lives.
        async with running(station.worker(subscriptions=()).run):
            await asyncio.wait([consumers])
    return [relays, consumers.result()]


async def _settle(station: Station) -> None:
    """A worker that lives catches up."""
    worker = station.worker(instance="mortal")

    async def settled() -> bool:
        figures = await worker.consumer_figures()
        if await station.unpublished() or figures.lag or not figures.caught_up:
            return False
        outbox = await station.rows("SELECT count(DISTINCT ce_id) FROM outbox WHERE version IS NULL")
        heard = await station.rows("SELECT count(DISTINCT ce_id) FROM heard")
        return outbox == heard

    async with station.database.transaction() as tx:
        await tx.execute(text("DELETE FROM consumer_state"))
    async with running(worker.run):
        await eventually(settled, 120)


async def test_forty_kills_of_relay_and_consumer_lose_and_double_nothing(station: Station) -> None:
    chance = random.Random(SEED)
    async with _trade(station):
        killed = await _deaths(station, KILLS, chance)
    assert [KILLS, KILLS] == killed
    await _settle(station)
    assert await station.rows("SELECT id, value, version FROM things ORDER BY id") == await station.rows(
        "SELECT id, value, version FROM copies ORDER BY id"
    )
    assert await station.rows(
        "SELECT ce_id, (payload::json ->> 'amount')::bigint FROM outbox WHERE version IS NULL ORDER BY ce_id"
    ) == await station.rows("SELECT ce_id, amount FROM heard ORDER BY ce_id")
    assert [] == await station.rows("SELECT reason FROM parked")
    # The kills did hurt: what was sent and not marked lies in Kafka twice.
    log = [*await station.log(station.thing.name), *await station.log(station.happened.name)]
    ((recorded,),) = await station.rows("SELECT count(*) FROM outbox")
    assert len(log) > recorded


async def test_without_the_inbox_the_same_kills_double_notices(station: Station) -> None:
    async def forget(stop: asyncio.Event) -> None:
        while not stop.is_set():
            async with station.database.transaction() as tx:
                await tx.execute(text("DELETE FROM inbox"))
            await asyncio.sleep(0.05)

    chance = random.Random(SEED)
    async with _trade(station), running(forget):
        await _deaths(station, 3, chance)
        await _settle(station)
    ((heard, distinct),) = await station.rows("SELECT count(*), count(DISTINCT ce_id) FROM heard")
    assert heard > distinct
