"""A product's public state: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from catalog.events import OrderTerms, Packaging, ProductState
from chassis.values import plain


class Columns(Protocol):
    """A row: values by column name."""

    def __getitem__(self, name: str, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class ProductSnapshot:
    """A product with everything its public state is made of; `row` holds the ERP's columns by name."""

    row: Columns
    category_ids: Sequence[str]
    variant_group_id: str | None
    completeness: Mapping[str, int]

    def state(self) -> ProductState:
        """What others get to know."""
        row = self.row
        return ProductState(
            id=row["id"],
            source=row["source"],
            external_id=row["external_id"],
            brand_id=row["brand_id"],
            item_group_id=row["item_group_id"],
            category_ids=sorted(self.category_ids),
            variant_group_id=self.variant_group_id,
            base_unit=row["base_unit"],
            sales_unit=row["sales_unit"] or row["base_unit"],
            units=packagings(row["packagings"]),
            order_terms=OrderTerms(
                minimum=_text(row["minimum_quantity"]),
                multiple=_text(row["quantity_multiple"]),
                maximum=_text(row["maximum_quantity"]),
            ),
            tax_group=row["tax_group"],
            discount_group=row["discount_group"],
            lifecycle=row["lifecycle"],
            superseded_by_id=row["superseded_by_id"],
            placeholder=row["placeholder"],
            completeness=dict(sorted(self.completeness.items())),
            is_charge=row["is_charge"],
        )


def packagings(stored: Sequence[Mapping[str, Any]] | None) -> list[Packaging]:
    """Packagings as they are published, from the JSON the feed stored."""
    return [
        Packaging(
            unit=entry["unit"],
            quantity_in_base_unit=plain(Decimal(entry["quantity_in_base_unit"])),
            gtin=entry.get("gtin"),
        )
        for entry in stored or ()
    ]


def _text(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
