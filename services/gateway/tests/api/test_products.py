"""Products, composed of catalog's content and pricing's prices."""

from collections.abc import Callable

import httpx

from chassis.principal import Caller
from gateway.api import make_app
from gateway.products.routes import HOT
from gateway.settings import GatewaySettings
from services.gateway.tests.conftest import Door, until_ready
from services.gateway.tests.support.neighbours import PRICE, PRICELESS, SEEN, UNSEEN, Neighbours
from services.gateway.tests.support.tokens import ALL
from testkit.serving import serving

UNAVAILABLE = {"status": "unavailable"}


async def test_a_list_carries_each_products_price_and_leaves_variant_groups_without(
    gateway: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    answer = await gateway.get(
        "/v1/products",
        params={"include": "prices,facets", "limit": 3, "id": [SEEN, PRICELESS]},
        headers=neighbours.tokens.headers(),
    )
    prices = [item.get("price") for item in answer.json()["items"]]
    assert 200 == answer.status_code
    assert [PRICE, UNAVAILABLE, None] == prices
    assert 'Café "noir", 5.20}' == answer.json()["items"][0]["title"]
    assert (
        "catalog",
        "/internal/v1/products",
        f"include=facets&limit=3&id={SEEN}&id={PRICELESS}",
    ) in neighbours.asked


async def test_the_next_page_is_linked_under_the_published_path(
    gateway: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    answer = await gateway.get("/v1/products", params={"q": "tea"}, headers=neighbours.tokens.headers())
    assert '</v1/products?q=tea&cursor=next%26page>; rel="next"' == answer.headers["link"]
    assert "nl" == answer.headers["content-language"]
    assert "no-store" == answer.headers["cache-control"]


async def test_without_include_pricing_is_not_asked(
    gateway: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    answer = await gateway.get("/v1/products", headers=neighbours.tokens.headers())
    assert "price" not in answer.json()["items"][0]
    assert [] == [asked for asked in neighbours.asked if asked[0] == "pricing"]


async def test_a_detail_prices_the_product_its_variants_and_its_relations(
    gateway: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    answer = await gateway.get(
        f"/v1/products/{SEEN}",
        params={"include": "variants,relations,prices"},
        headers=neighbours.tokens.headers(),
    )
    product = answer.json()
    assert PRICE == product["price"]
    assert UNAVAILABLE == product["variants"][0]["price"]
    assert UNAVAILABLE == product["relations"][0]["product"]["price"]


async def test_relations_are_priced(gateway: httpx.AsyncClient, neighbours: Neighbours) -> None:
    answer = await gateway.get(
        f"/v1/products/{SEEN}/relations", params={"include": "prices"}, headers=neighbours.tokens.headers()
    )
    assert PRICE == answer.json()["items"][0]["product"]["price"]


async def test_what_is_no_id_or_not_visible_is_not_found(
    gateway: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    for path in (UNSEEN, "..%2f..%2finternal", "%2e%2e", "x?"):
        answer = await gateway.get(f"/v1/products/{path}", headers=neighbours.tokens.headers())
        assert 404 == answer.status_code, path


async def test_prices_leave_out_what_is_not_visible_and_never_tell_pricing(
    gateway: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    answer = await gateway.post(
        "/v1/prices",
        json={"items": [{"product_id": SEEN, "quantity": "2.5"}, {"product_id": UNSEEN}]},
        headers=neighbours.tokens.headers(),
    )
    assert [{"product_id": SEEN, "price": PRICE}] == answer.json()["items"]
    (told,) = [asked[2] for asked in neighbours.asked if asked[0] == "pricing"]
    assert f'[{{"product_id":"{SEEN}","quantity":"2.5"}}]' == told


async def test_nothing_visible_has_no_prices(gateway: httpx.AsyncClient, neighbours: Neighbours) -> None:
    asked = {"items": [{"product_id": UNSEEN}]}
    answer = await gateway.post("/v1/prices", json=asked, headers=neighbours.tokens.headers())
    assert {"items": []} == answer.json()


async def test_while_pricing_is_down_products_are_shown_without_a_price(
    gateway: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    neighbours.pricing_answers = False
    headers = neighbours.tokens.headers()
    listed = await gateway.get("/v1/products", params={"include": "prices"}, headers=headers)
    priced = await gateway.post("/v1/prices", json={"items": [{"product_id": SEEN}]}, headers=headers)
    assert [UNAVAILABLE, UNAVAILABLE, None] == [item.get("price") for item in listed.json()["items"]]
    assert [{"product_id": SEEN, "price": UNAVAILABLE}] == priced.json()["items"]


async def test_a_pricing_that_cannot_be_reached_is_as_one_that_is_down(
    door: Door, neighbours: Neighbours
) -> None:
    async with door(pricing_url="http://127.0.0.1:9") as gateway:
        listed = await gateway.get(
            "/v1/products", params={"include": "prices"}, headers=neighbours.tokens.headers()
        )
    assert [UNAVAILABLE, UNAVAILABLE, None] == [item.get("price") for item in listed.json()["items"]]


async def test_without_catalog_there_is_nothing(door: Door, neighbours: Neighbours) -> None:
    async with door(catalog_url="http://127.0.0.1:9") as gateway:
        for path in ("/v1/products", f"/v1/products/{SEEN}", "/v1/search-suggestions?q=t", "/v1/categories"):
            answer = await gateway.get(path, headers=neighbours.tokens.headers())
            assert (503, "upstream_unavailable") == (answer.status_code, answer.json()["code"])
            assert "1" == answer.headers["retry-after"]


async def test_hot_routes_answer_byte_for_byte_as_the_routes_that_declare_them(
    settings_of: Callable[..., GatewaySettings], neighbours: Neighbours
) -> None:
    app = make_app(settings_of())
    hot = [route for route in app.router.routes if route in HOT]
    assert list(HOT) == hot
    requests = (
        "/v1/products?include=prices,total&limit=5",
        f"/v1/products/{SEEN}?include=prices",
        "/v1/search-suggestions?q=t",
    )
    refused = [f"{request}&no_parameter=1" for request in requests]
    headers = neighbours.tokens.headers()
    async with serving(app) as url, httpx.AsyncClient(base_url=url, headers=headers) as client:
        await until_ready(client)
        fast = [(await client.get(request)).content for request in requests]
        fast_refused = [await client.get(request) for request in refused]
        for route in HOT:
            app.router.routes.remove(route)
        declared = [(await client.get(request)).content for request in requests]
        declared_refused = [await client.get(request) for request in refused]
    assert fast == declared
    assert {422} == {answer.status_code for answer in (*fast_refused, *declared_refused)}
    assert [answer.json()["errors"] for answer in fast_refused] == [
        answer.json()["errors"] for answer in declared_refused
    ]
    assert all(len(body) > 20 for body in fast)


async def test_composed_operations_want_a_token_of_a_user_with_the_right(
    gateway: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    assert 401 == (await gateway.get("/v1/products")).status_code
    headers = neighbours.tokens.headers(permissions=ALL - {"products:read"})
    denied = await gateway.get("/v1/products", headers=headers)
    assert (403, "permission_denied") == (denied.status_code, denied.json()["code"])


async def test_import_runs_of_all_services_are_one_list_newest_first(
    gateway: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    headers = neighbours.tokens.headers(caller=Caller.CLIENT, account_id=None)
    first = (await gateway.get("/integration/v1/imports", params={"limit": 2}, headers=headers)).json()
    whole = (await gateway.get("/integration/v1/imports", headers=headers)).json()
    assert ["03", "02"] == [run["id"] for run in first["items"]]
    assert first["next_cursor"] is not None
    assert ["03", "02", "01"] == [run["id"] for run in whole["items"]]
    assert whole["next_cursor"] is None


async def test_the_list_of_import_runs_is_no_list_while_a_service_is_silent(
    door: Door, neighbours: Neighbours
) -> None:
    headers = neighbours.tokens.headers(caller=Caller.STAFF, account_id=None)
    async with door(pricing_url="http://127.0.0.1:9") as gateway:
        answer = await gateway.get("/admin/v1/imports", headers=headers)
    assert (503, "upstream_unavailable") == (answer.status_code, answer.json()["code"])
