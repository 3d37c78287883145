"""Publishing products: listings made anew, and an event for each whose public state changed."""

from collections.abc import Sequence

from catalog import events
from catalog.listings.repository import Listings
from catalog.products.repository import ProductRepository, state_hash
from chassis.clock import Clock, milliseconds
from chassis.database import Transaction
from eventing.outbox import Outbox, Outgoing


class ProductPublisher:
    """Everything that follows from a change of products, in the change's own transaction."""

    def __init__(self, products: ProductRepository, listings: Listings, outbox: Outbox, clock: Clock) -> None:
        self._products = products
        self._listings = listings
        self._outbox = outbox
        self._clock = clock

    async def changed(self, tx: Transaction, product_ids: Sequence[str]) -> None:
        """After these products changed in any way; their rows are locked, a membership lock is held."""
        await self._listings.refresh(tx, product_ids)
        await self.publish(tx, product_ids)

    async def publish(self, tx: Transaction, product_ids: Sequence[str]) -> None:
        """Events for those whose public state differs from what was last published."""
        states = {}
        hashes = {}
        for snapshot in await self._products.snapshots(tx, product_ids):
            state = snapshot.state()
            fingerprint = state_hash(state.model_dump_json())
            if fingerprint != snapshot.row["published_hash"]:
                states[state.id] = state
                hashes[state.id] = fingerprint
        if not states:
            return
        versions = await self._products.stamp(tx, hashes, milliseconds(self._clock.now()))
        await self._outbox.put(
            tx, [Outgoing(events.PRODUCT, key, versions[key], states[key]) for key in sorted(states)]
        )

    async def republish(
        self, tx: Transaction, after_key: str | None, limit: int, bump: bool
    ) -> Sequence[Outgoing]:
        """The next states with an id above `after_key`, for `eventing.republish`."""
        ids = await self._products.chunk(tx, after_key, limit)
        if bump and ids:
            await self._products.bump(tx, ids, milliseconds(self._clock.now()))
        found = await self._products.snapshots(tx, ids)
        return [
            Outgoing(events.PRODUCT, snapshot.row["id"], snapshot.row["version"], snapshot.state())
            for snapshot in found
        ]
