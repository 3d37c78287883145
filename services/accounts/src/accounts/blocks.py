"""Grades of a block: `orders` may look and not place, `access` is out."""

from typing import Final, Literal

Block = Literal["none", "orders", "access"]

_SEVERITY: Final[dict[Block, int]] = {"none": 0, "orders": 1, "access": 2}


def stricter(one: Block, other: Block) -> Block:
    """Of the ERP's block and the platform's the stricter counts."""
    return max(one, other, key=_SEVERITY.__getitem__)
