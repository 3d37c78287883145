"""What accounts listens to: the catalogues there are."""

from collections.abc import Sequence
from typing import Final

from accounts.tables import catalogue
from chassis.database import Transaction
from eventing.consumer import Arrived, Subscription
from eventing.projection import upsert
from eventing.topics import ConsumedModel, Kind


class Catalogue(ConsumedModel):
    """Of a catalogue accounts needs to know that it exists."""

    code: str
    name: str


async def apply_catalogues(tx: Transaction, arrived: Sequence[Arrived[Catalogue]]) -> None:
    """Keeps the copy of the catalogues; one that was deleted stays known as such."""
    rows = [
        {
            "id": event.key,
            "version": event.version,
            "code": event.value.code if event.value else None,
            "name": event.value.name if event.value else None,
            "deleted": event.value is None,
        }
        for event in arrived
    ]
    await upsert(tx, catalogue, rows)


SUBSCRIBED: Final = (Subscription("catalog.catalogue", Kind.STATE, Catalogue, apply_catalogues),)
