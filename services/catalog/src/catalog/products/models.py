"""A product with everything its public state is made of: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class Columns(Protocol):
    """A row: values by column name."""

    def __getitem__(self, name: str, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class ProductSnapshot:
    """A product at one moment; `row` holds the ERP's columns by name, `completeness` percents by channel."""

    row: Columns
    category_ids: Sequence[str]
    variant_group_id: str | None
    completeness: Mapping[str, int]
