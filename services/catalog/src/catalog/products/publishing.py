"""Publishing products: listings made anew, and an event for each whose public state changed."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple

from catalog import events
from catalog.events import ProductState
from catalog.listings.repository import Listings
from catalog.products.models import ProductSnapshot
from catalog.products.repository import ProductRepository
from chassis.clock import Clock, milliseconds
from chassis.database import Transaction
from chassis.values import plain
from eventing.outbox import Outbox, Outgoing


def state_of(snapshot: ProductSnapshot) -> ProductState:
    """What others get to know of a product."""
    row = snapshot.row
    # One call that validates the whole, nested parts too: an import makes thousands.
    return ProductState.model_validate(
        {
            "id": row["id"],
            "source": row["source"],
            "external_id": row["external_id"],
            "brand_id": row["brand_id"],
            "item_group_id": row["item_group_id"],
            "category_ids": sorted(snapshot.category_ids),
            "variant_group_id": snapshot.variant_group_id,
            "base_unit": row["base_unit"],
            "sales_unit": row["sales_unit"] or row["base_unit"],
            "units": _packagings(row["packagings"]),
            "order_terms": {
                "minimum": _text(row["minimum_quantity"]),
                "multiple": _text(row["quantity_multiple"]),
                "maximum": _text(row["maximum_quantity"]),
            },
            "tax_group": row["tax_group"],
            "discount_group": row["discount_group"],
            "lifecycle": row["lifecycle"],
            "superseded_by_id": row["superseded_by_id"],
            "placeholder": row["placeholder"],
            "completeness": dict(sorted(snapshot.completeness.items())),
            "is_charge": row["is_charge"],
        }
    )


def _packagings(stored: Sequence[Mapping[str, Any]] | None) -> list[dict[str, str | None]]:
    return [
        {
            "unit": entry["unit"],
            "quantity_in_base_unit": plain(Decimal(entry["quantity_in_base_unit"])),
            "gtin": entry.get("gtin"),
        }
        for entry in stored or ()
    ]


def _text(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


class _News(NamedTuple):
    """An event to be told, and what is remembered of it."""

    event: Outgoing
    fingerprint: bytes


def _news(snapshots: Sequence[ProductSnapshot], known: Mapping[str, bytes]) -> list[_News]:
    """What differs from what was last told, `known` by its fingerprints, in the order of ids."""
    found = []
    for snapshot in snapshots:
        event = _event(snapshot)
        fingerprint = hashlib.sha256(event.payload.encode()).digest()
        if fingerprint != known.get(event.key):
            found.append(_News(event, fingerprint))
    return found


def _event(snapshot: ProductSnapshot) -> Outgoing:
    row = snapshot.row
    return Outgoing(events.PRODUCT, row["id"], row["version"], state_of(snapshot))


class ProductPublisher:
    """Everything that follows from a change of products, in the change's own transaction."""

    def __init__(self, products: ProductRepository, listings: Listings, outbox: Outbox, clock: Clock) -> None:
        self._products = products
        self._listings = listings
        self._outbox = outbox
        self._clock = clock

    async def fed(self, tx: Transaction, product_ids: Sequence[str]) -> None:
        """After a feed wrote these products, and with them new versions; a membership lock is held."""
        await self._publish(tx, product_ids, listed=True, raised=True)

    async def changed(self, tx: Transaction, product_ids: Sequence[str]) -> None:
        """After anything else about these products changed; they and a membership lock are held."""
        await self._publish(tx, product_ids, listed=True, raised=False)

    async def publish(self, tx: Transaction, product_ids: Sequence[str]) -> None:
        """After something changed that no listing shows; the products are locked."""
        await self._publish(tx, product_ids, listed=False, raised=False)

    async def _publish(
        self, tx: Transaction, product_ids: Sequence[str], *, listed: bool, raised: bool
    ) -> None:
        """Events for those whose public state differs from what was last published."""
        known = await self._products.hashes(tx, product_ids)
        snapshots = await self._products.snapshots(tx, product_ids)
        # A thread makes the states of an import while PostgreSQL takes its texts apart: two cores.
        stated = asyncio.get_running_loop().run_in_executor(None, _news, snapshots, known)
        if listed:
            await self._listings.refresh(tx, product_ids)
        news = await stated
        if not news:
            return
        fingerprints = {told.event.key: told.fingerprint for told in news}
        outgoing = [told.event for told in news]
        if not raised:
            now = milliseconds(self._clock.now())
            versions = await self._products.raise_versions(tx, list(fingerprints), now)
            outgoing = [replace(event, version=versions[event.key]) for event in outgoing]
        await self._products.remember(tx, fingerprints)
        await self._outbox.put(tx, outgoing)

    async def republish(
        self, tx: Transaction, after_key: str | None, limit: int, bump: bool
    ) -> Sequence[Outgoing]:
        """The next states with an id above `after_key`, for `eventing.republish`."""
        ids = await self._products.chunk(tx, after_key, limit)
        if bump and ids:
            await self._products.raise_versions(tx, ids, milliseconds(self._clock.now()))
        found = await self._products.snapshots(tx, ids)
        return [_event(snapshot) for snapshot in found]
