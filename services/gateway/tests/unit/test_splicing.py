"""Prices spliced into items as bytes."""

import msgspec
import orjson
from hypothesis import given
from hypothesis import strategies as st

from gateway.products.splicing import product_ids, raw_items, with_prices

PRICE = {"status": "priced", "net_price": "0.0017"}
texts = st.dictionaries(
    st.sampled_from(["title", "b", "units"]),
    st.text(max_size=9) | st.lists(st.text(max_size=9), max_size=2),
    max_size=2,
)


@given(st.lists(texts, max_size=5))
def test_whatever_an_item_holds_it_stays_and_gets_its_price(contents: list[dict[str, object]]) -> None:
    items = [{"id": str(number), "type": "product", **content} for number, content in enumerate(contents)]
    raw = raw_items(orjson.dumps(items, option=orjson.OPT_INDENT_2))
    prices = {str(number): msgspec.Raw(orjson.dumps(PRICE)) for number in range(len(items))}
    assert [item | {"price": PRICE} for item in items] == orjson.loads(bytes(with_prices(raw, prices)))


def test_related_products_are_priced_where_they_stand_and_groups_not_at_all() -> None:
    items = [
        {"type": "accessory", "product": {"id": "1", "type": "product"}},
        {"id": "2", "type": "variant_group"},
        {"id": "3", "type": "product"},
        {"id": "1", "type": "product"},
    ]
    raw = raw_items(orjson.dumps(items))
    priced = orjson.loads(bytes(with_prices(raw, {"1": msgspec.Raw(orjson.dumps(PRICE))})))
    assert ["1", "3"] == product_ids(raw)
    assert [PRICE, None, {"status": "unavailable"}, PRICE] == [
        item.get("price") or item.get("product", {}).get("price") for item in priced
    ]
