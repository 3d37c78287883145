"""Placing an order: once per key, with evidence, or not at all."""

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import text

from chassis.clock import SystemClock
from chassis.ids import new_id
from services.order_export.tests.support.neighbours import Neighbours
from services.order_export.tests.support.service import Service, running
from services.order_export.tests.support.tokens import BUYER

DIE = """CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"""
DIE_AT_COMMIT = """CREATE CONSTRAINT TRIGGER die AFTER INSERT ON sales_order
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()"""


async def place(service: Service, headers: dict[str, str], body: dict[str, Any], key: str = "") -> Any:
    """One submission."""
    return await service.http.post(
        "/v1/orders", json=body, headers=headers | {"Idempotency-Key": key or new_id()}
    )


async def insist(service: Service, headers: dict[str, str], body: dict[str, Any], key: str) -> Any:
    """Places an order, and again after a while as long as the same one is under way."""
    while (answer := await place(service, headers, body, key)).status_code == 409:
        assert "idempotency_in_flight" == answer.json()["code"]
        await asyncio.sleep(int(answer.headers["retry-after"]))
    return answer


async def test_fifty_parallel_submissions_of_ten_keys_make_ten_orders_with_equal_bytes(
    service: Service,
) -> None:
    account_id, product_id = service.neighbours.add_account(), service.neighbours.add_product()
    headers = service.tokens.user(account_id)
    body = {"lines": [{"product_id": product_id, "quantity": "3"}]}
    keys = [f"key-{number % 10}" for number in range(50)]
    answers = await asyncio.gather(*(insist(service, headers, body, key) for key in keys))
    by_key: dict[str, set[bytes]] = {}
    for key, answer in zip(keys, answers, strict=True):
        assert 201 == answer.status_code, answer.text
        by_key.setdefault(key, set()).add(answer.content)
    assert 10 == len(by_key)
    assert all(len(bodies) == 1 for bodies in by_key.values())
    assert 10 == len(set.union(*by_key.values()))
    assert 10 == await service.count("sales_order")
    assert 10 == await service.count("order_export")


async def test_a_repeat_gives_the_same_bytes_even_when_neighbours_are_down(service: Service) -> None:
    account_id, product_id = service.neighbours.add_account(), service.neighbours.add_product()
    headers, body = service.tokens.user(account_id), {"lines": [{"product_id": product_id, "quantity": "1"}]}
    first = await place(service, headers, body, "one")
    service.neighbours.down.update({"catalog", "pricing", "accounts"})
    again = await place(service, headers, body, "one")
    assert (first.content, first.headers["location"]) == (again.content, again.headers["location"])
    other = await place(service, headers, {**body, "customer_reference": "x"}, "one")
    assert (422, "idempotency_key_reused") == (other.status_code, other.json()["code"])


async def test_without_a_key_nothing_is_ordered(service: Service) -> None:
    account_id, product_id = service.neighbours.add_account(), service.neighbours.add_product()
    body = {"lines": [{"product_id": product_id, "quantity": "1"}]}
    answer = await service.http.post("/v1/orders", json=body, headers=service.tokens.user(account_id))
    assert (400, "idempotency_key_required") == (answer.status_code, answer.json()["code"])
    assert 0 == await service.count("sales_order")


async def test_an_order_keeps_amounts_snapshots_and_the_evidence_of_its_prices(service: Service) -> None:
    placed = await service.order(quantity="3", price="0.335")
    shown = await service.shown(placed["id"])
    assert {"amount": "1.01", "currency": "EUR"} == shown["total"]
    assert "Kade 1" == shown["ship_to"]["street"]
    assert "received" == shown["status"]
    [document] = (await service.changes(1))["items"]
    assert document["lines"][0]["evidence"]["price_row_id"].startswith("row-")
    assert ["placed"] == [entry["kind"] for entry in document["history"]]


async def test_the_document_published_at_once_is_what_the_database_says_later(service: Service) -> None:
    placed = await service.order(quantity="3", price="0.335", customer_reference="ours")
    async with service.database.transaction() as tx:
        published = await tx.scalar(text("SELECT payload FROM outbox WHERE topic = 'orders.order'"))
        [order] = await service.wiring.stores.orders.by_ids(tx, [placed["id"]])
        [later] = await service.wiring.publisher.outgoing(tx, [order])
    assert later.value is not None
    assert json.loads(later.value.model_dump_json()) == json.loads(published)


async def test_a_line_in_boxes_is_priced_by_the_pieces_it_holds(service: Service) -> None:
    account_id, product_id = service.neighbours.add_account(), service.neighbours.add_product("0.5")
    service.neighbours.price_units[product_id] = "PCE"
    line = {"product_id": product_id, "unit": "BOX", "quantity": "2"}
    placed = await place(service, service.tokens.user(account_id), {"lines": [line]})
    assert {"amount": "12.00", "currency": "EUR"} == (await service.shown(placed.json()["id"]))["total"]


@pytest.mark.parametrize("name", ["catalog", "pricing", "accounts"])
async def test_no_order_while_a_neighbour_is_down(service: Service, name: str) -> None:
    account_id, product_id = service.neighbours.add_account(), service.neighbours.add_product()
    service.neighbours.down.add(name)
    body = {"lines": [{"product_id": product_id, "quantity": "1"}]}
    answer = await place(service, service.tokens.user(account_id), body, "later")
    assert (503, "upstream_unavailable") == (answer.status_code, answer.json()["code"])
    assert "retry-after" in answer.headers
    service.neighbours.down.clear()
    assert 201 == (await place(service, service.tokens.user(account_id), body, "later")).status_code


async def test_a_product_not_visible_is_unavailable_and_its_id_never_reaches_pricing(
    service: Service,
) -> None:
    account_id, seen, hidden = service.neighbours.add_account(), service.neighbours.add_product(), new_id()
    service.neighbours.prices[hidden] = "1"
    lines = [{"product_id": product_id, "quantity": "1"} for product_id in (seen, hidden)]
    answer = await place(service, service.tokens.user(account_id), {"lines": lines})
    assert (422, "product_unavailable") == (answer.status_code, answer.json()["code"])
    assert "/lines/1/product_id" == answer.json()["errors"][0]["pointer"]
    assert [seen] == service.neighbours.priced_ids


async def test_an_illegal_quantity_is_refused_with_the_nearest_legal_ones(service: Service) -> None:
    terms = {"minimum": "10", "multiple": "5", "maximum": "100"}
    account_id, product_id = (
        service.neighbours.add_account(),
        service.neighbours.add_product(order_terms=terms),
    )
    body = {"lines": [{"product_id": product_id, "quantity": "12"}]}
    answer = await place(service, service.tokens.user(account_id), body)
    assert (422, "order_terms_violated") == (answer.status_code, answer.json()["code"])
    assert ["10", "15"] == answer.json()["errors"][0]["allowed_quantities"]


@pytest.mark.parametrize(
    ("rule", "expected", "status"),
    [
        ("refuse", "10.00", 201),
        ("refuse", "10.01", 409),
        ("accept_lower", "10.01", 201),
        ("accept_lower", "9.99", 409),
        ("accept", "9.99", 201),
    ],
)
async def test_a_changed_price_is_refused_or_accepted_as_asked(
    service: Service, rule: str, expected: str, status: int
) -> None:
    account_id, product_id = service.neighbours.add_account(), service.neighbours.add_product("10")
    line = {"product_id": product_id, "quantity": "1", "expected_net_price": expected}
    answer = await place(service, service.tokens.user(account_id), {"lines": [line], "on_price_change": rule})
    assert status == answer.status_code, answer.text
    if status == 409:
        assert "price_changed" == answer.json()["code"]
        assert "10" == answer.json()["errors"][0]["net_price"]


async def test_who_may_not_see_prices_learns_no_amount_from_an_error_or_an_order(service: Service) -> None:
    account_id, product_id = service.neighbours.add_account(), service.neighbours.add_product("777.77")
    headers = service.tokens.user(account_id, BUYER - {"prices:read"})
    line = {"product_id": product_id, "quantity": "1", "expected_net_price": "1"}
    refused = await place(service, headers, {"lines": [line]})
    assert (409, "price_changed") == (refused.status_code, refused.json()["code"])
    placed = await place(service, headers, {"lines": [line], "on_price_change": "accept"})
    shown = await service.http.get(placed.headers["location"], headers=headers)
    listed = await service.http.get("/v1/orders", headers=headers)
    assert 200 == shown.status_code
    for answer in (refused, placed, shown, listed):
        assert "777" not in answer.text


async def test_a_product_without_a_price_is_on_request(service: Service) -> None:
    account_id, product_id = service.neighbours.add_account(), service.neighbours.add_product(None)
    body = {"lines": [{"product_id": product_id, "quantity": "1"}]}
    answer = await place(service, service.tokens.user(account_id), body)
    assert (409, "price_on_request") == (answer.status_code, answer.json()["code"])


async def test_a_blocked_account_and_a_foreign_address_are_refused(service: Service) -> None:
    product_id, other = service.neighbours.add_product(), service.neighbours.add_account()
    blocked = service.neighbours.add_account(block="orders")
    lines = [{"product_id": product_id, "quantity": "1"}]
    answer = await place(service, service.tokens.user(blocked), {"lines": lines})
    assert (403, "account_on_hold") == (answer.status_code, answer.json()["code"])
    foreign = service.neighbours.accounts[other]["default_ship_to_id"]
    mine = service.neighbours.add_account()
    answer = await place(service, service.tokens.user(mine), {"lines": lines, "ship_to_id": foreign})
    assert (422, "ship_to_unknown") == (answer.status_code, answer.json()["code"])


async def test_a_commit_that_was_never_confirmed_says_so_and_the_same_key_finds_out(service: Service) -> None:
    account_id, product_id = service.neighbours.add_account(), service.neighbours.add_product()
    headers, body = service.tokens.user(account_id), {"lines": [{"product_id": product_id, "quantity": "1"}]}
    async with service.database.transaction() as tx:
        await tx.execute(text(DIE))
        await tx.execute(text(DIE_AT_COMMIT))
    lost = await place(service, headers, body, "once")
    assert (503, "outcome_unknown") == (lost.status_code, lost.json()["code"])
    assert "once" == lost.json()["idempotency_key"]
    async with service.database.transaction() as tx:
        await tx.execute(text("DROP TRIGGER die ON sales_order"))
    assert 201 == (await place(service, headers, body, "once")).status_code
    assert 1 == await service.count("sales_order")


async def test_a_cart_sent_twice_at_once_under_two_keys_becomes_one_order(service: Service) -> None:
    headers, product_id = (
        service.tokens.user(service.neighbours.add_account()),
        service.neighbours.add_product(),
    )
    cart = (await service.http.post("/v1/carts", json={}, headers=headers)).json()
    path, lines = f"/v1/carts/{cart['id']}/lines/batch", [{"product_id": product_id, "quantity": "1"}]
    cart = (await service.http.post(path, json={"lines": lines}, headers=headers)).json()
    body = {"cart_id": cart["id"], "cart_version": cart["version"]}
    answers = await asyncio.gather(*(place(service, headers, body) for _ in range(8)))
    assert [201] + [404] * 7 == sorted(answer.status_code for answer in answers)
    assert 1 == await service.count("sales_order")


async def test_placing_needs_its_permission(service: Service) -> None:
    account_id = service.neighbours.add_account()
    headers = service.tokens.user(account_id, BUYER - {"orders:place"})
    answer = await place(service, headers, {"lines": [{"product_id": new_id(), "quantity": "1"}]})
    assert (403, "permission_denied") == (answer.status_code, answer.json()["code"])


async def test_no_more_orders_than_may_wait_are_taken_however_many_come_at_once(
    database_url: str, neighbours: Neighbours
) -> None:
    async with running(database_url, neighbours, SystemClock(), orders_waiting_limit=5) as service:
        account_id, product_id = neighbours.add_account(), neighbours.add_product()
        body = {"lines": [{"product_id": product_id, "quantity": "1"}]}
        headers = service.tokens.user(account_id)
        answers = await asyncio.gather(*(place(service, headers, body) for _ in range(15)))
        assert [201] * 5 + [409] * 10 == sorted(answer.status_code for answer in answers)
        assert 5 == await service.count("sales_order")
