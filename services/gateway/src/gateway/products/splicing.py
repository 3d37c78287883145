"""Prices put into products without parsing either: both are bytes that another service wrote."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from chassis.upstream import UpstreamAnswer

UNAVAILABLE: Final = msgspec.Raw(b'{"status":"unavailable"}')
"""The price while pricing does not answer: never one remembered, never a list price instead."""

_PRODUCT: Final = "product"
_NONE: Final = msgspec.Raw(b"null")


class _Item(msgspec.Struct):
    """What decides how an item is priced; in a relation the product stands one level deeper."""

    id: str = ""
    type: str = _PRODUCT
    product: msgspec.Raw = _NONE


class _Priced(msgspec.Struct):
    product_id: str
    price: msgspec.Raw


class _Prices(msgspec.Struct):
    items: list[_Priced]


Prices = Mapping[str, msgspec.Raw]


def raw_items(listed: bytes | msgspec.Raw) -> list[msgspec.Raw]:
    """The elements of a JSON array as they stand."""
    return msgspec.json.decode(listed, type=list[msgspec.Raw])


def product_ids(items: Iterable[msgspec.Raw]) -> list[str]:
    """Ids of the products among the items, each once; variant groups have no price of their own."""
    found: dict[str, None] = {}
    for raw in items:
        item = msgspec.json.decode(raw, type=_Item)
        if item.product != _NONE:
            found |= dict.fromkeys(product_ids([item.product]))
        elif item.type == _PRODUCT:
            found[item.id] = None
    return list(found)


def prices_of(answer: UpstreamAnswer) -> Prices:
    """Price objects by product id."""
    return {
        priced.product_id: priced.price for priced in msgspec.json.decode(answer.body, type=_Prices).items
    }


def with_prices(items: Sequence[msgspec.Raw], prices: Prices) -> msgspec.Raw:
    """The array again, a `price` in every product; one that pricing said nothing about is unavailable."""
    return msgspec.Raw(b"[" + b",".join(with_price(raw, prices) for raw in items) + b"]")


def with_price(raw: msgspec.Raw, prices: Prices) -> bytes:
    """One item again, priced."""
    item = msgspec.json.decode(raw, type=_Item)
    if item.product != _NONE:
        fields = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        fields["product"] = msgspec.Raw(with_price(item.product, prices))
        return msgspec.json.encode(fields)
    if item.type != _PRODUCT:
        return bytes(raw)
    # An item has at least its id, so what stands before the last brace wants a comma.
    return b'%b,"price":%b}' % (bytes(raw).rstrip()[:-1], bytes(prices.get(item.id, UNAVAILABLE)))
