"""A cart and the changes to its lines: pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal

from order_export.offers.models import WantedLine

Visibility = Literal["private", "account"]
MAX_LINES: Final = 1_000


@dataclass(frozen=True, slots=True)
class CartScope:
    """Whose carts may be touched: those of the user, and those shared within the account."""

    account_id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class CartLine:
    """A line of a cart; `unit` None means the product's sales unit."""

    id: str
    client_line_id: str | None
    product_id: str
    unit: str | None
    quantity: Decimal

    @property
    def wanted(self) -> WantedLine:
        """The line as something to be offered."""
        return WantedLine(self.product_id, self.unit, self.quantity)


@dataclass(frozen=True, slots=True)
class Cart:
    """A cart with its lines in their order."""

    id: str
    account_id: str
    user_id: str
    version: int
    name: str | None
    visibility: Visibility
    ship_to_id: str | None
    customer_reference: str | None
    requested_delivery_date: date | None
    created_at: datetime
    lines: tuple[CartLine, ...] = ()


@dataclass(frozen=True, slots=True)
class LineChange:
    """What somebody does to a line: named by its id or the client's own, else it is new. Zero removes it."""

    line_id: str | None
    client_line_id: str | None
    product_id: str | None
    unit: str | None
    quantity: Decimal


class LineUnknown(ValueError):  # noqa: N818 - reads as what it says
    """A change names no line of the cart and no product for a new one; `index` says which change."""

    def __init__(self, index: int) -> None:
        super().__init__(str(index))
        self.index = index


def changed_lines(
    lines: Sequence[CartLine], changes: Sequence[LineChange], new_ids: Sequence[str]
) -> list[CartLine]:
    """The lines after the changes, in order; `new_ids` has one id per change. Raises LineUnknown."""
    result = {line.id: line for line in lines}
    by_client = {line.client_line_id: line.id for line in lines if line.client_line_id is not None}
    for index, change in enumerate(changes):
        line_id = change.line_id or by_client.get(change.client_line_id or "")
        present = None if line_id is None else result.get(line_id)
        if present is None:
            # A line removed earlier, or never there: only a product makes it a new one.
            if change.line_id is not None or change.product_id is None:
                raise LineUnknown(index)
            present = CartLine(new_ids[index], change.client_line_id, change.product_id, None, Decimal(0))
        if change.quantity == 0:
            result.pop(present.id, None)
            continue
        line = replace(
            present,
            product_id=change.product_id or present.product_id,
            unit=change.unit or (present.unit if change.product_id in (None, present.product_id) else None),
            quantity=change.quantity,
        )
        result[line.id] = line
        if line.client_line_id is not None:
            by_client[line.client_line_id] = line.id
    return list(result.values())
