"""What catalog is fed: its resources, and the state of a feed as an event."""

from dataclasses import dataclass

from feeds.feed import TableFeed


@dataclass(frozen=True)
class Feeds:
    """The feeds of this service."""

    products: TableFeed
    units: TableFeed
    product_codes: TableFeed
    stock: TableFeed

    @property
    def all(self) -> tuple[TableFeed, ...]:
        """Every feed."""
        return (self.products, self.units, self.product_codes, self.stock)
