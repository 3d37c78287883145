"""The hot question for prices: the plain route and the declared one give the same answers."""

from typing import Any

import pytest

from chassis.ids import new_id
from pricing.prices.hot_routes import MOST_ITEMS, plain_ids
from services.pricing.tests.support.states import ACCOUNT, OTHER_PRODUCT, PRODUCT, a_price, fed, known
from services.pricing.tests.support.world import BUYER, World

PATH = "/internal/v1/prices"
NOTHING = b'{"items":[]}'
PLAIN = b'{"items":[{"product_id":"%s"}]}'


async def ask(world: World, body: bytes, permissions: Any = BUYER, **headers: str) -> tuple[int, Any]:
    sent = world.user(ACCOUNT, permissions) | {"Content-Type": "application/json"} | headers
    answer = await world.client.post(PATH, content=body, headers=sent)
    return answer.status_code, {**answer.json(), "request_id": None}


async def both(world: World, *ids: str, permissions: Any = BUYER) -> Any:
    """The answer to a plain question; the same with a blank in it, which only the declared route reads."""
    body = b'{"items":[' + b",".join(b'{"product_id":"%s"}' % found.encode() for found in ids) + b"]}"
    assert plain_ids(body) == list(ids)
    assert plain_ids(body.replace(b":[", b": [")) is None
    hot = await ask(world, body, permissions)
    assert hot == await ask(world, body.replace(b":[", b": ["), permissions)
    return hot


async def test_both_routes_give_the_same_answer(world: World) -> None:
    await known(world)
    await fed(world, a_price("12.75"))
    status, answer = await both(world, PRODUCT, new_id(), OTHER_PRODUCT, PRODUCT)
    assert 200 == status
    prices = [item["price"].get("net_price") for item in answer["items"]]
    assert ["12.75", None, None, "12.75"] == prices


async def test_who_may_not_see_prices_gets_none_by_either_route(world: World) -> None:
    await known(world)
    await fed(world, a_price("12.75"))
    status, answer = await both(world, PRODUCT, permissions={"products:read", "orders:place"})
    assert 200 == status
    assert {"status": "hidden"} == answer["items"][0]["price"]
    assert "12.75" not in str(answer)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        NOTHING,
        PLAIN % PRODUCT.upper().encode() + b" ",
        PLAIN % b"not-an-id",
        b'{"items":[{"product_id":"%s","product_id":"%s"}]}' % (PRODUCT.encode(), PRODUCT.encode()),
        b'{"items":[{"product_id":"%s"}],"account_id":"%s"}' % (PRODUCT.encode(), ACCOUNT.encode()),
        b'{"items":[{"product_id":"%s"},]}' % PRODUCT.encode(),
        PLAIN % PRODUCT.encode() + b"x",
        b'{"items":[' + b",".join([b'{"product_id":"%s"}' % PRODUCT.encode()] * (MOST_ITEMS + 1)) + b"]}",
    ],
)
async def test_any_other_body_is_judged_by_the_declared_route(world: World, body: bytes) -> None:
    assert plain_ids(body) is None
    await known(world)
    status, answer = await ask(world, body)
    assert (200 if body == NOTHING else answer["status"]) == status, answer
    assert (status in (400, 422)) != (body == NOTHING), answer


async def test_a_plain_question_of_another_media_type_is_refused(world: World) -> None:
    await known(world)
    body = PLAIN % PRODUCT.encode()
    assert 415 == (await ask(world, body, **{"Content-Type": "text/plain"}))[0]


async def test_the_hot_route_asks_for_a_token_and_for_an_account(world: World) -> None:
    body = PLAIN % PRODUCT.encode()
    answer = await world.client.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert 401 == answer.status_code
    staff = await world.client.post(
        PATH, content=body, headers=world.staff() | {"Content-Type": "application/json"}
    )
    assert "account_required" == staff.json()["code"]
