"""Carts: several per user, private or shared, priced when read, never lost."""

from typing import Any

from chassis.ids import new_id
from services.order_export.tests.support.service import Service
from services.order_export.tests.support.tokens import BUYER


async def make(service: Service, headers: dict[str, str], **fields: Any) -> dict[str, Any]:
    """A new cart."""
    answer = await service.http.post("/v1/carts", json=fields, headers=headers)
    assert 201 == answer.status_code, answer.text
    cart: dict[str, Any] = answer.json()
    return cart


async def write(
    service: Service, headers: dict[str, str], cart_id: str, *lines: dict[str, Any], **more: Any
) -> Any:
    """A batch of lines."""
    path = f"/v1/carts/{cart_id}/lines/batch"
    return await service.http.post(path, json={"lines": list(lines), **more}, headers=headers)


async def test_a_batch_adds_changes_and_removes_lines_and_answers_the_whole_cart(service: Service) -> None:
    headers = service.tokens.user(service.neighbours.add_account())
    one, two = service.neighbours.add_product("2.50"), service.neighbours.add_product("1")
    cart = await make(service, headers, name="Weekly")
    added = await write(
        service,
        headers,
        cart["id"],
        {"client_line_id": "a", "product_id": one, "quantity": "3"},
        {"client_line_id": "b", "product_id": two, "quantity": "2", "unit": "BOX"},
    )
    assert 200 == added.status_code, added.text
    assert {"amount": "9.50", "currency": "EUR"} == added.json()["total"]
    assert added.json()["version"] > cart["version"]
    changed = await write(
        service,
        headers,
        cart["id"],
        {"client_line_id": "a", "quantity": "1"},
        {"client_line_id": "b", "quantity": "0"},
    )
    assert [("a", "1")] == [(line["client_line_id"], line["quantity"]) for line in changed.json()["lines"]]
    again = await write(
        service, headers, cart["id"], {"client_line_id": "a", "quantity": "9"}, version=cart["version"]
    )
    assert (409, "cart_changed") == (again.status_code, again.json()["code"])
    unknown = await write(service, headers, cart["id"], {"line_id": new_id(), "quantity": "9"})
    assert (422, "cart_line_unknown") == (unknown.status_code, unknown.json()["code"])


async def test_a_cart_shows_violations_with_quantities_that_would_do(service: Service) -> None:
    headers = service.tokens.user(service.neighbours.add_account())
    product_id = service.neighbours.add_product(
        order_terms={"minimum": None, "multiple": "6", "maximum": None}
    )
    cart = await make(service, headers)
    answer = await write(service, headers, cart["id"], {"product_id": product_id, "quantity": "7"})
    assert [("quantity_not_allowed", "/lines/0", ["6", "12"])] == [
        (entry["code"], entry["pointer"], entry["allowed_quantities"])
        for entry in answer.json()["violations"]
    ]


async def test_a_product_the_caller_may_not_see_never_enters_and_one_withdrawn_shows_nothing(
    service: Service,
) -> None:
    headers = service.tokens.user(service.neighbours.add_account())
    product_id = service.neighbours.add_product(description="Secret thing")
    cart = await make(service, headers)
    refused = await write(service, headers, cart["id"], {"product_id": new_id(), "quantity": "1"})
    assert (422, "product_unavailable") == (refused.status_code, refused.json()["code"])
    await write(service, headers, cart["id"], {"product_id": product_id, "quantity": "1"})
    del service.neighbours.products[product_id]
    shown = await service.http.get(f"/v1/carts/{cart['id']}", headers=headers)
    assert "Secret" not in shown.text
    assert ["product_unavailable"] == [entry["code"] for entry in shown.json()["violations"]]


async def test_a_cart_outlives_an_outage_of_its_neighbours(service: Service) -> None:
    headers = service.tokens.user(service.neighbours.add_account())
    product_id, cart = service.neighbours.add_product(), await make(service, headers)
    await write(service, headers, cart["id"], {"product_id": product_id, "quantity": "4"})
    service.neighbours.down.add("pricing")
    down = await service.http.get(f"/v1/carts/{cart['id']}", headers=headers)
    assert (503, "upstream_unavailable") == (down.status_code, down.json()["code"])
    service.neighbours.down.clear()
    back = await service.http.get(f"/v1/carts/{cart['id']}", headers=headers)
    assert ["4"] == [line["quantity"] for line in back.json()["lines"]]


async def test_private_carts_are_the_users_own_and_shared_ones_the_accounts(service: Service) -> None:
    account_id = service.neighbours.add_account()
    mine, colleague = service.tokens.user(account_id), service.tokens.user(account_id)
    stranger = service.tokens.user(service.neighbours.add_account())
    private, shared = await make(service, mine), await make(service, mine, visibility="account")
    listed = (await service.http.get("/v1/carts", headers=colleague)).json()["items"]
    assert [shared["id"]] == [cart["id"] for cart in listed]
    for cart_id, headers, status in (
        (private["id"], colleague, 404),
        (shared["id"], colleague, 200),
        (shared["id"], stranger, 404),
        (private["id"], stranger, 404),
    ):
        assert status == (await service.http.get(f"/v1/carts/{cart_id}", headers=headers)).status_code
        expected = 404 if status == 404 else 204
        if status == 404:
            removed = await service.http.delete(f"/v1/carts/{cart_id}", headers=headers)
            assert expected == removed.status_code


async def test_a_cart_becomes_an_order_once_and_only_as_it_was_seen(service: Service) -> None:
    headers = service.tokens.user(service.neighbours.add_account())
    product_id, cart = service.neighbours.add_product(), await make(service, headers)
    filled = (await write(service, headers, cart["id"], {"product_id": product_id, "quantity": "4"})).json()
    body = {"cart_id": cart["id"], "cart_version": cart["version"]}
    stale = await service.http.post("/v1/orders", json=body, headers=headers | {"Idempotency-Key": "1"})
    assert (409, "cart_changed") == (stale.status_code, stale.json()["code"])
    body["cart_version"] = filled["version"]
    placed = await service.http.post("/v1/orders", json=body, headers=headers | {"Idempotency-Key": "2"})
    assert 201 == placed.status_code, placed.text
    twice = await service.http.post("/v1/orders", json=body, headers=headers | {"Idempotency-Key": "3"})
    assert (404, "cart_not_found") == (twice.status_code, twice.json()["code"])
    assert 1 == await service.count("sales_order")


async def test_who_may_not_see_prices_gets_a_cart_without_any(service: Service) -> None:
    headers = service.tokens.user(service.neighbours.add_account(), BUYER - {"prices:read"})
    product_id, cart = service.neighbours.add_product("777.77"), await make(service, headers)
    answer = await write(service, headers, cart["id"], {"product_id": product_id, "quantity": "1"})
    assert "hidden" == answer.json()["lines"][0]["price"]["status"]
    assert answer.json()["total"] is None
    assert "777" not in answer.text
    assert [] == service.neighbours.priced_ids
