"""Current states told again, chunk by chunk, under each aggregate's lock."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Table, func, select, update

from accounts import events, tables
from accounts.channels.service import outgoing as channel_state
from accounts.customer_accounts.publishing import outgoing as account_state
from accounts.revocations.repository import outgoing as revocation_state
from accounts.roles.service import outgoing as role_state
from accounts.users.publishing import outgoing as user_state
from accounts.wiring import Wiring
from chassis.clock import Clock, milliseconds
from chassis.database import Transaction
from eventing.outbox import Outgoing
from eventing.republish import Republisher
from eventing.topics import Topic
from feeds.announcing import feed_republisher

Model = TypeVar("Model")


def republishers(wiring: Wiring) -> list[Republisher]:
    """One for every state accounts publishes."""
    stores, clock = wiring.stores, wiring.clock
    return [
        _republisher(events.ROLE, tables.role, stores.roles.chunk, role_state, clock),
        _republisher(events.ACCOUNT, tables.account, stores.accounts.chunk, account_state, clock),
        _republisher(events.USER, tables.member, stores.users.chunk, user_state, clock),
        _republisher(events.CHANNEL, tables.channel, stores.channels.chunk, channel_state, clock),
        Republisher(events.REVOCATION, _revocations),
        feed_republisher(events.FEED, tables.feeds, clock),
    ]


def _republisher(
    topic: Topic[Any],
    table: Table,
    chunk: Callable[[Transaction, str | None, int], Awaitable[Sequence[Model]]],
    outgoing: Callable[[Model], Outgoing],
    clock: Clock,
) -> Republisher:
    async def read_chunk(tx: Transaction, after: str | None, limit: int, bump: bool) -> Sequence[Outgoing]:
        if bump:
            await _raise_versions(tx, table, after, limit, milliseconds(clock.now()))
        return [outgoing(model) for model in await chunk(tx, after, limit)]

    return Republisher(topic, read_chunk)


async def _raise_versions(tx: Transaction, table: Table, after: str | None, limit: int, version: int) -> None:
    keys = select(table.c.id).order_by(table.c.id).limit(limit).with_for_update()
    if after is not None:
        keys = keys.where(table.c.id > after)
    if "placeholder" in table.c:
        keys = keys.where(~table.c.placeholder)
    await tx.execute(
        update(table)
        .where(table.c.id.in_(keys.scalar_subquery()))
        .values(version=func.greatest(table.c.version + 1, version))
    )


async def _revocations(tx: Transaction, after: str | None, limit: int, _: bool) -> Sequence[Outgoing]:
    # A revocation's version is its moment: raising it would end tokens that were given since.
    statement = select(tables.revocation).order_by(tables.revocation.c.id).limit(limit).with_for_update()
    if after is not None:
        statement = statement.where(tables.revocation.c.id > after)
    return [revocation_state(row) for row in await tx.all(statement)]
