"""Channels ⇄ PostgreSQL."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, select, update
from sqlalchemy.dialects.postgresql import insert

from accounts.channels.models import Channel
from accounts.tables import channel
from chassis.database import Reader, Transaction

_COLUMNS = [channel.c[name] for name in Channel.__dataclass_fields__]


def _read(row: RowMapping) -> Channel:
    return Channel(**{**row, "origins": tuple(row["origins"])})


def _written(model: Channel) -> dict[str, Any]:
    return asdict(model) | {"origins": list(model.origins)}


class ChannelRepository:
    """Finds, locks and stores channels."""

    async def by_code(self, reader: Reader, code: str) -> Channel | None:
        """The channel with a code."""
        return await self._one(reader, channel.c.code == code)

    async def find(self, reader: Reader, channel_id: str) -> Channel | None:
        """The channel, None if there is none (any more)."""
        return await self._one(reader, channel.c.id == channel_id)

    async def locked(self, tx: Transaction, channel_id: str) -> Channel | None:
        """The channel, locked until the transaction ends."""
        statement = select(*_COLUMNS).where(channel.c.id == channel_id, ~channel.c.deleted)
        row = await tx.first(statement.with_for_update())
        return _read(row) if row else None

    async def _one(self, reader: Reader, condition: ColumnElement[bool]) -> Channel | None:
        row = await reader.first(select(*_COLUMNS).where(condition, ~channel.c.deleted))
        return _read(row) if row else None

    async def page(self, reader: Reader, after_id: str | None, limit: int) -> list[Channel]:
        """Channels by id, one more than `limit`."""
        statement = select(*_COLUMNS).where(~channel.c.deleted).order_by(channel.c.id).limit(limit + 1)
        if after_id is not None:
            statement = statement.where(channel.c.id > after_id)
        return [_read(row) for row in await reader.all(statement)]

    async def chunk(self, tx: Transaction, after_id: str | None, limit: int) -> list[Channel]:
        """Channels by id, removed ones too, locked: for republishing."""
        statement = select(*_COLUMNS).order_by(channel.c.id).limit(limit).with_for_update()
        if after_id is not None:
            statement = statement.where(channel.c.id > after_id)
        return [_read(row) for row in await tx.all(statement)]

    async def add(self, tx: Transaction, model: Channel) -> bool:
        """Stores a new channel; False if any channel, removed ones too, has its code."""
        statement = insert(channel).values(_written(model)).on_conflict_do_nothing()
        return await tx.execute(statement) == 1

    async def save(self, tx: Transaction, model: Channel) -> None:
        """Stores a changed channel."""
        await tx.execute(update(channel).where(channel.c.id == model.id).values(_written(model)))
