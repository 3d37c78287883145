"""The account somebody orders for, as accounts read it for this order; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class OrderingAccount:
    """Key, terms, block and addresses of an account at the time of ordering."""

    id: str
    source: str
    external_id: str
    number: str | None
    name: str | None
    country: str | None
    block: str
    currency: str | None
    tax_group: str | None
    payment_terms: str | None
    delivery_terms: str | None
    addresses: Sequence[Mapping[str, Any]]
    default_ship_to_id: str | None
    bill_to_id: str | None

    def address(self, address_id: str | None) -> Mapping[str, Any] | None:
        """One of the account's own addresses, None for anybody else's."""
        return next((found for found in self.addresses if found["id"] == address_id), None)

    def ship_to(self, address_id: str | None) -> Mapping[str, Any] | None:
        """The delivery address asked for, or the default; an account without addresses gets its own name."""
        if address_id is not None:
            found = self.address(address_id)
            return found if found is not None and found.get("ship_to", True) else None
        if self.default_ship_to_id is not None:
            return self.address(self.default_ship_to_id)
        return self.sell_to()

    def sell_to(self) -> Mapping[str, Any]:
        """Who buys."""
        return {
            "external_id": self.external_id,
            "number": self.number,
            "name": self.name,
            "country": self.country,
            "tax_group": self.tax_group,
        }
