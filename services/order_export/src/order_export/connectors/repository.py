"""Connectors ⇄ PostgreSQL."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, func, insert, select, text, update

from chassis.database import Reader, Transaction
from order_export.connectors.models import Auth, Connector, Push
from order_export.exports.models import OPEN
from order_export.tables import connector, order_export

_COLUMNS = [connector.c[name] for name in Connector.__dataclass_fields__]


def _read(row: RowMapping) -> Connector:
    stored = row["push"]
    push = None if stored is None else Push(**{**stored, "auth": Auth(**stored["auth"])})
    return Connector(**{**row, "push": push})


def _written(model: Connector) -> dict[str, Any]:
    return asdict(model)


class ConnectorRepository:
    """Finds, locks and stores connectors."""

    async def find(self, reader: Reader, connector_id: str) -> Connector | None:
        """The connector, None if there is none (any more)."""
        row = await reader.first(
            select(*_COLUMNS).where(connector.c.id == connector_id, ~connector.c.deleted)
        )
        return _read(row) if row else None

    async def locked(self, tx: Transaction, connector_id: str) -> Connector | None:
        """The connector, locked until the transaction ends."""
        statement = select(*_COLUMNS).where(connector.c.id == connector_id, ~connector.c.deleted)
        row = await tx.first(statement.with_for_update())
        return _read(row) if row else None

    async def by_code(self, reader: Reader, code: str, source: str | None = None) -> Connector | None:
        """The connector with a code, of a source if one is given."""
        statement = select(*_COLUMNS).where(connector.c.code == code, ~connector.c.deleted)
        if source is not None:
            statement = statement.where(connector.c.source == source)
        row = await reader.first(statement)
        return _read(row) if row else None

    async def serving(self, tx: Transaction, source: str) -> Connector | None:
        """The active connector of a source; it stays so until the transaction ends."""
        statement = select(*_COLUMNS).where(
            connector.c.source == source, connector.c.active, ~connector.c.deleted
        )
        row = await tx.first(statement.with_for_update(read=True))
        return _read(row) if row else None

    async def pushing(self, reader: Reader) -> list[Connector]:
        """Active push connectors."""
        statement = select(*_COLUMNS).where(
            connector.c.protocol == "push", connector.c.active, ~connector.c.deleted
        )
        return [_read(row) for row in await reader.all(statement)]

    async def by_ids(self, reader: Reader, connector_ids: set[str]) -> dict[str, Connector]:
        """Connectors by id, removed ones too."""
        rows = await reader.all(select(*_COLUMNS).where(connector.c.id.in_(connector_ids)))
        return {row["id"]: _read(row) for row in rows}

    async def page(self, reader: Reader, after_id: str | None, limit: int) -> list[Connector]:
        """Connectors by id, those behind `after_id`, one more than `limit`."""
        statement = select(*_COLUMNS).where(~connector.c.deleted).order_by(connector.c.id).limit(limit + 1)
        if after_id is not None:
            statement = statement.where(connector.c.id > after_id)
        return [_read(row) for row in await reader.all(statement)]

    async def hold(self, tx: Transaction) -> None:
        """Nobody adds or changes a connector until the transaction ends: one code, one active per source."""
        await tx.execute(text("LOCK TABLE connector IN SHARE ROW EXCLUSIVE MODE"))

    async def source_taken(self, tx: Transaction, source: str, but: str) -> bool:
        """Whether another active connector serves the source."""
        found = await tx.scalar(
            select(connector.c.id).where(
                connector.c.source == source, connector.c.active, ~connector.c.deleted, connector.c.id != but
            )
        )
        return found is not None

    async def open_exports(self, tx: Transaction, connector_id: str) -> int:
        """How many exports of the connector are not finished."""
        return int(
            await tx.scalar(
                select(func.count()).where(
                    order_export.c.connector_id == connector_id,
                    order_export.c.state.in_([state.value for state in OPEN]),
                )
            )
        )

    async def add(self, tx: Transaction, model: Connector) -> None:
        """Stores a new connector."""
        await tx.execute(insert(connector).values(_written(model)))

    async def save(self, tx: Transaction, model: Connector) -> None:
        """Stores a changed connector."""
        await tx.execute(update(connector).where(connector.c.id == model.id).values(_written(model)))
