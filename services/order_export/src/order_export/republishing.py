"""Current states told again, chunk by chunk, under each aggregate's lock."""

from collections.abc import Sequence
from dataclasses import replace

from chassis.clock import next_version
from chassis.database import Transaction
from eventing.outbox import Outgoing
from eventing.republish import Republisher
from order_export import events
from order_export.wiring import Wiring


def republishers(wiring: Wiring) -> list[Republisher]:
    """One for every state order_export publishes; a feed tells its state again with its next run."""
    exports, clock = wiring.stores.exports, wiring.clock

    async def export_chunk(tx: Transaction, after: str | None, limit: int, bump: bool) -> Sequence[Outgoing]:
        found = await exports.chunk(tx, after, limit)
        connectors = await wiring.stores.connectors.by_ids(
            tx, {export.connector_id for export in found if export.connector_id is not None}
        )
        if bump:
            found = [replace(export, version=next_version(export.version, clock.now())) for export in found]
            for export in found:
                await exports.save(tx, export)
        return [
            await wiring.moves.outgoing(tx, export, connectors.get(export.connector_id or ""))
            for export in found
        ]

    return [
        Republisher(events.ORDER, wiring.publisher.read_chunk),
        Republisher(events.EXPORT, export_chunk),
    ]
