"""Applying a batch: together in one transaction if it goes, else message by message, parking what fails."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import Text, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from chassis.clock import Clock
from chassis.database import Database, Transaction
from eventing.consumer import AnySubscription
from eventing.envelope import Arrived, Record, UndecodableError, decode
from eventing.metrics import EventMetrics
from eventing.parking import Key, Parked, ParkingLot
from eventing.tables import EventTables
from eventing.topics import Kind
from eventing.transience import is_transient

logger = structlog.get_logger(__name__)

RETRY_SECONDS_MOST = 5.0


@dataclass(frozen=True)
class _Item:
    """A record of a topic we listen to: decoded, or with the reason why not."""

    record: Record
    subscription: AnySubscription
    arrived: Arrived[Any] | None
    fault: str | None = None

    @property
    def key(self) -> Key:
        return self.record.topic, self.record.key

    @property
    def version(self) -> int:
        assert self.arrived is not None
        return self.arrived.version or 0

    @property
    def is_state(self) -> bool:
        return self.subscription.kind is Kind.STATE

    @property
    def notice_id(self) -> str:
        """What tells parked notices of one key apart; empty for state, which has one place per key."""
        if self.is_state:
            return ""
        return self.record.headers.get("ce_id") or f"{self.record.partition}:{self.record.offset}"


class Applier:
    """Brings records into a service's database by its subscriptions."""

    def __init__(
        self,
        database: Database,
        tables: EventTables,
        subscriptions: Sequence[AnySubscription],
        clock: Clock,
        metrics: EventMetrics,
    ) -> None:
        self._database = database
        self._subscriptions = {subscription.topic: subscription for subscription in subscriptions}
        if len(self._subscriptions) != len(subscriptions):
            raise ValueError("a topic has one subscription")
        self._clock = clock
        self._metrics = metrics
        self._lot = ParkingLot(tables)
        self._see = _see(tables)

    async def apply(self, records: Sequence[Record]) -> None:
        """Applies or parks every record; returns once committed, however long the database is away."""
        items = [self._item(record) for record in records if not record.is_heartbeat]
        delay = 0.1
        while items:
            try:
                await self._apply(items)
            except Exception as error:
                if not is_transient(error):
                    raise
                logger.warning("apply_waits_for_database", error=repr(error))
                await asyncio.sleep(delay)
                delay = min(delay * 2, RETRY_SECONDS_MOST)
            else:
                break
        for item in items:
            self._metrics.applied.labels(item.record.topic).inc()

    async def retry_parked(self) -> int:
        """Tries parked messages that are due once more; returns how many went through."""
        freed = 0
        async with self._database.transaction() as tx:
            for parked in await self._lot.due(tx, self._clock.now()):
                freed += await self._retry(tx, parked)
        return freed

    async def _apply(self, items: Sequence[_Item]) -> None:
        try:
            async with self._database.transaction() as tx:
                await self._together(tx, items)
        except Exception as error:
            if is_transient(error):
                raise
            logger.warning("batch_failed", messages=len(items), error=repr(error))
            async with self._database.transaction() as tx:
                await self._one_by_one(tx, items)

    async def _together(self, tx: Transaction, items: Sequence[_Item]) -> None:
        sound = await self._park_faulty(tx, items)
        parked = await self._lot.versions(tx, {item.key for item in sound if item.is_state})
        for topic, subscription in self._subscriptions.items():
            mine = [item for item in sound if item.record.topic == topic]
            if subscription.kind is Kind.STATE:
                mine = _newest(item for item in mine if item.version > parked.get(item.key, -2))
            else:
                mine = await self._unseen(tx, mine)
            if mine:
                await subscription.apply(tx, [item.arrived for item in mine if item.arrived])
                await self._lot.free(tx, {item.key for item in mine if item.key in parked})

    async def _one_by_one(self, tx: Transaction, items: Sequence[_Item]) -> None:
        sound = await self._park_faulty(tx, items)
        parked = dict(await self._lot.versions(tx, {item.key for item in sound if item.is_state}))
        for item in sound:
            if item.is_state and item.version <= parked.get(item.key, -2):
                continue
            reason = await self._alone(tx, item)
            if reason is not None:
                await self._park(tx, item, reason)
                if item.is_state:
                    parked[item.key] = item.version
            elif parked.pop(item.key, None) is not None:
                await self._lot.free(tx, [item.key])

    async def _alone(self, tx: Transaction, item: _Item) -> str | None:
        """Applies one message under a savepoint; returns why it could not be, None when it is."""
        try:
            async with tx.savepoint():
                if item.arrived and (item.is_state or await self._unseen(tx, [item])):
                    await item.subscription.apply(tx, [item.arrived])
        except Exception as error:
            if is_transient(error):
                raise
            return repr(error)
        return None

    async def _retry(self, tx: Transaction, parked: Parked) -> bool:
        subscription = self._subscriptions.get(parked.record.topic)
        if subscription is None:
            reason: str | None = "nobody listens to this topic any more"
        else:
            item = self._item(parked.record)
            reason = item.fault or await self._alone(tx, item)
        if reason is None:
            await self._lot.done(tx, parked)
        else:
            await self._lot.again_later(tx, parked, reason, self._clock.now())
        return reason is None

    async def _park_faulty(self, tx: Transaction, items: Sequence[_Item]) -> list[_Item]:
        """Parks what could not even be read; returns the rest."""
        for item in items:
            if item.fault is not None:
                await self._park(tx, item, item.fault)
        return [item for item in items if item.fault is None]

    async def _park(self, tx: Transaction, item: _Item, reason: str) -> None:
        sequence = item.record.headers.get("ce_sequence", "")
        version = int(sequence) if item.is_state and sequence.isdecimal() and len(sequence) < 19 else None
        await self._lot.park(
            tx, item.record, reason, self._clock.now(), version=version, notice_id=item.notice_id
        )
        self._metrics.parkings.labels(item.record.topic).inc()
        logger.error("message_parked", topic=item.record.topic, key=item.record.key, reason=reason)

    async def _unseen(self, tx: Transaction, items: Sequence[_Item]) -> list[_Item]:
        """Notices seen for the first time, which they are from now on."""
        first = {item.arrived.id: item for item in reversed(items) if item.arrived}
        if not first:
            return []
        new = set(await tx.scalars(self._see, {"ids": sorted(first)}))
        return [
            item
            for item in items
            if item.arrived and item.arrived.id in new and first[item.arrived.id] is item
        ]

    def _item(self, record: Record) -> _Item:
        subscription = self._subscriptions[record.topic]
        try:
            return _Item(record, subscription, decode(record, subscription.kind, subscription.model))
        except UndecodableError as error:
            return _Item(record, subscription, None, str(error))


def _newest(items: Iterable[_Item]) -> list[_Item]:
    """One message per key: the highest version, the later of two equal ones."""
    newest: dict[Key, _Item] = {}
    for item in items:
        held = newest.get(item.key)
        if held is None or item.version >= held.version:
            newest[item.key] = item
    return list(newest.values())


def _see(tables: EventTables) -> Any:
    """Remembers notices; returns the ids that were new. Ordered, so that two workers cannot deadlock."""
    given = (
        func.unnest(bindparam("ids", type_=ARRAY(Text)))
        .table_valued(column("ce_id", Text))
        .render_derived(name="given")
    )
    statement = insert(tables.inbox).from_select(["ce_id"], select(given.c.ce_id).order_by(given.c.ce_id))
    return statement.on_conflict_do_nothing().returning(tables.inbox.c.ce_id)
