"""Reading orders: under the right of the caller, narrowed, followed, and copied."""

from typing import Any

from sqlalchemy import text, update

from chassis.ids import new_id
from order_export.tables import sales_order
from services.order_export.tests.support.service import Service
from services.order_export.tests.support.tokens import BUYER


async def place(service: Service, headers: dict[str, str], *product_ids: str, **more: Any) -> dict[str, Any]:
    """A placed order of one of each product."""
    body = {"lines": [{"product_id": product_id, "quantity": "1"} for product_id in product_ids], **more}
    answer = await service.http.post("/v1/orders", json=body, headers=headers | {"Idempotency-Key": new_id()})
    assert 201 == answer.status_code, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def listed(service: Service, headers: dict[str, str], query: str = "") -> list[str]:
    """Order numbers of a list."""
    answer = await service.http.get(f"/v1/orders{query}", headers=headers)
    assert 200 == answer.status_code, answer.text
    return [item["order_number"] for item in answer.json()["items"]]


async def test_own_orders_account_orders_and_nobody_elses(service: Service) -> None:
    account_id, product_id = service.neighbours.add_account(), service.neighbours.add_product()
    mine, colleague = service.tokens.user(account_id), service.tokens.user(account_id)
    chief = service.tokens.user(account_id, BUYER | {"orders:read_account"})
    stranger = service.tokens.user(service.neighbours.add_account(), BUYER | {"orders:read_account"})
    placed = await place(service, mine, product_id)
    number = placed["order_number"]
    assert [number] == await listed(service, mine) == await listed(service, chief)
    assert [] == await listed(service, colleague) == await listed(service, stranger)
    for headers, status in ((mine, 200), (chief, 200), (colleague, 404), (stranger, 404)):
        answer = await service.http.get(f"/v1/orders/{placed['id']}", headers=headers)
        assert status == answer.status_code
        copied = await service.http.post(f"/v1/orders/{placed['id']}/copy-to-cart", json={}, headers=headers)
        assert (201 if status == 200 else 404) == copied.status_code


async def test_lists_are_narrowed_and_paged(service: Service) -> None:
    account_id, product_id = service.neighbours.add_account(), service.neighbours.add_product()
    headers = service.tokens.user(account_id)
    numbers = [
        (await place(service, headers, product_id, customer_reference=f"PO {index}"))["order_number"]
        for index in range(5)
    ]
    newest_first = numbers[::-1]
    assert newest_first[3:4] == await listed(service, headers, "?q=PO 1")
    assert newest_first[:1] == await listed(service, headers, f"?q={numbers[-1]}")
    assert [] == await listed(service, headers, "?status=confirmed&origin=platform")
    assert newest_first == await listed(
        service, headers, "?status=confirmed&status=received&ordered_from=2020-01-01"
    )
    first = (await service.http.get("/v1/orders?limit=2", headers=headers)).json()
    cursor = first["next_cursor"]
    assert newest_first[2:4] == await listed(service, headers, f"?limit=2&cursor={cursor}")
    other = await service.http.get(f"/v1/orders?limit=2&q=x&cursor={cursor}", headers=headers)
    assert (400, "cursor_invalid") == (other.status_code, other.json()["code"])


async def test_an_order_stands_as_placed_when_its_products_are_gone(service: Service) -> None:
    headers = service.tokens.user(service.neighbours.add_account())
    kept, gone = service.neighbours.add_product("1"), service.neighbours.add_product("2", external_id="OLD")
    placed = await place(service, headers, kept, gone)
    before = (await service.http.get(f"/v1/orders/{placed['id']}", headers=headers)).json()
    del service.neighbours.products[gone]
    after = (await service.http.get(f"/v1/orders/{placed['id']}", headers=headers)).json()
    assert before == after
    copied = await service.http.post(
        f"/v1/orders/{placed['id']}/copy-to-cart", json={"name": "Again"}, headers=headers
    )
    assert [kept] == [line["product_id"] for line in copied.json()["cart"]["lines"]]
    assert ["OLD"] == [line["external_id"] for line in copied.json()["skipped"]]


async def test_the_evidence_of_prices_is_for_machines_and_not_for_users(service: Service) -> None:
    headers = service.tokens.user(service.neighbours.add_account())
    placed = await place(service, headers, service.neighbours.add_product())
    shown = await service.http.get(f"/v1/orders/{placed['id']}", headers=headers)
    assert "evidence" not in shown.text
    assert (await service.changes(1))["items"][0]["lines"][0]["evidence"]


async def test_changes_are_followed_in_commit_order_and_an_open_transaction_hides_what_follows(
    service: Service,
) -> None:
    headers = service.tokens.user(service.neighbours.add_account())
    product_id, erp = service.neighbours.add_product(), service.tokens.erp()
    first = await place(service, headers, product_id)
    page = await service.changes(1)
    assert [first["id"]] == [item["id"] for item in page["items"]]
    path = f"/integration/v1/orders/changes?cursor={page['next_cursor']}"
    async with service.database.transaction() as tx:
        # An older transaction that has written and not committed yet.
        changed_by = text("(pg_current_xact_id()::text)::bigint")
        await tx.execute(update(sales_order).values(changed_by=changed_by))
        second = await place(service, headers, product_id)
        assert [] == (await service.http.get(path, headers=erp)).json()["items"]
    seen = await service.changes(2, page["next_cursor"])
    assert [first["id"], second["id"]] == [item["id"] for item in seen["items"]]
    assert seen["next_cursor"] is not None
