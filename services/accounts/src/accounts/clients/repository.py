"""Machine clients ⇄ PostgreSQL."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, select, update
from sqlalchemy.dialects.postgresql import insert

from accounts.clients.models import Client
from accounts.tables import client
from chassis.database import Reader, Transaction

_COLUMNS = [client.c[name] for name in Client.__dataclass_fields__]


def _read(row: RowMapping) -> Client:
    sets = {"scopes": frozenset(row["scopes"]), "other_sources": tuple(row["other_sources"])}
    return Client(**{**row, **sets})


def _written(model: Client) -> dict[str, Any]:
    return asdict(model) | {"scopes": sorted(model.scopes), "other_sources": list(model.other_sources)}


class ClientRepository:
    """Finds, locks and stores machine clients."""

    async def held(self, tx: Transaction, code: str) -> Client | None:
        """The client with a code, OAuth's client_id; it stays as it is until the transaction ends."""
        statement = select(*_COLUMNS).where(client.c.code == code, ~client.c.deleted)
        row = await tx.first(statement.with_for_update(read=True))
        return _read(row) if row else None

    async def find(self, reader: Reader, client_id: str) -> Client | None:
        """The client, None if there is none (any more)."""
        return await self._one(reader, client.c.id == client_id)

    async def locked(self, tx: Transaction, client_id: str) -> Client | None:
        """The client, locked until the transaction ends."""
        row = await tx.first(
            select(*_COLUMNS).where(client.c.id == client_id, ~client.c.deleted).with_for_update()
        )
        return _read(row) if row else None

    async def _one(self, reader: Reader, condition: ColumnElement[bool]) -> Client | None:
        row = await reader.first(select(*_COLUMNS).where(condition, ~client.c.deleted))
        return _read(row) if row else None

    async def page(self, reader: Reader, after_id: str | None, limit: int) -> list[Client]:
        """Clients by id, one more than `limit`."""
        statement = select(*_COLUMNS).where(~client.c.deleted).order_by(client.c.id).limit(limit + 1)
        if after_id is not None:
            statement = statement.where(client.c.id > after_id)
        return [_read(row) for row in await reader.all(statement)]

    async def add(self, tx: Transaction, model: Client) -> bool:
        """Stores a new client; False if any client, removed ones too, has its code."""
        statement = insert(client).values(_written(model)).on_conflict_do_nothing()
        return await tx.execute(statement) == 1

    async def save(self, tx: Transaction, model: Client) -> None:
        """Stores a changed client."""
        await tx.execute(update(client).where(client.c.id == model.id).values(_written(model)))
