"""A copy is kept one way: the fields its model reads are its columns."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Table

from chassis.database import Transaction
from eventing.consumer import Arrived
from eventing.projection import upsert
from eventing.topics import M


async def keep(
    tx: Transaction, table: Table, model: type[M], arrived: Sequence[Arrived[M]], **constants: Any
) -> None:
    """Writes states by version; what was deleted stays as a row, so that an older state cannot revive it."""
    await upsert(tx, table, [_row(model, event, constants) for event in arrived])


def _row(model: type[BaseModel], event: Arrived[Any], constants: dict[str, Any]) -> dict[str, Any]:
    fields = event.value.model_dump() if event.value else dict.fromkeys(model.model_fields)
    return {"id": event.key, "version": event.version, **fields, **constants, "deleted": event.value is None}
