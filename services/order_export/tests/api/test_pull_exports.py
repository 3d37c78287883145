"""Pull: claims hand out each order once, and what the ERP says about it is never lost."""

import asyncio
from typing import Any

import httpx
from sqlalchemy import func, text, update

from chassis.ids import new_id
from order_export.tables import order_export
from order_export.worker import pusher
from services.order_export.tests.support.service import Service


async def export_of(service: Service, order_id: str) -> dict[str, Any]:
    """The export of an order, with its evidence, as staff see it; `etag` beside it."""
    headers = service.tokens.staff()
    listed = await service.http.get(f"/admin/v1/order-exports?order_id={order_id}", headers=headers)
    [item] = listed.json()["items"]
    answer = await service.http.get(f"/admin/v1/order-exports/{item['id']}", headers=headers)
    found: dict[str, Any] = answer.json()
    return found | {"etag": answer.headers["etag"]}


async def expire_leases(service: Service) -> None:
    """As if the time of every lease had passed; then the worker sweeps."""
    async with service.database.transaction() as tx:
        past = func.now() - text("interval '1 second'")
        await tx.execute(
            update(order_export).values(lease_until=past).where(order_export.c.lease_until.is_not(None))
        )
    async with httpx.AsyncClient() as http:
        await pusher(service.wiring, service.settings, http).sweep()


async def test_a_claimed_order_is_acknowledged_and_the_order_says_so(service: Service) -> None:
    await service.connector()
    placed = await service.order()
    [claimed] = await service.claim()
    assert placed["order_number"] == claimed["order"]["order_number"]
    assert (1, 1, False) == (claimed["fence"], claimed["attempt"], claimed["redelivery"])
    answer = await service.report(
        claimed["export_id"],
        "acknowledge",
        fence=1,
        erp_order_number="ERP-1",
        lines=[{"line_number": 1, "erp_line_number": "10000"}],
    )
    assert (200, "ACKNOWLEDGED") == (answer.status_code, answer.json()["state"])
    shown = await service.shown(placed["id"])
    assert ("exported", ["ERP-1"]) == (shown["status"], shown["erp_order_numbers"])
    assert ["placed", "erp_accepted"] == [entry["kind"] for entry in shown["history"]]
    assert ["placed", "hand", "acknowledge"] == [
        step["event"] for step in (await export_of(service, placed["id"]))["steps"]
    ]


async def test_parallel_claims_hand_out_every_order_exactly_once(service: Service) -> None:
    await service.connector()
    for _ in range(24):
        await service.order()
    found = await asyncio.gather(*(service.claim(max=5) for _ in range(12)))
    numbers = [item["order"]["order_number"] for items in found for item in items]
    rest = [item["order"]["order_number"] for item in await service.claim()]
    assert 24 == len(numbers + rest) == len(set(numbers + rest))
    assert len(numbers) > 12


async def test_an_order_placed_before_there_was_a_connector_is_handed_out_by_the_first_one(
    service: Service,
) -> None:
    placed = await service.order()
    await service.connector()
    assert [placed["order_number"]] == [item["order"]["order_number"] for item in await service.claim()]


async def test_orders_not_yet_sent_move_from_a_retired_connector_to_its_successor(service: Service) -> None:
    old = await service.connector()
    sent, waiting = await service.order(), await service.order()
    [claimed] = await service.claim(max=1)
    path, staff = f"/admin/v1/connectors/{old['id']}", service.tokens.staff()
    headers = staff | {"If-Match": (await service.http.get(path, headers=staff)).headers["etag"]}
    assert 200 == (await service.http.patch(path, json={"active": False}, headers=headers)).status_code
    await service.connector(code="next")
    moved = [item["order"]["order_number"] for item in await service.claim(connector="next")]
    assert sent["order_number"] == claimed["order"]["order_number"]
    assert [waiting["order_number"]] == moved


async def test_racing_acknowledgements_with_two_numbers_end_in_conflict_for_a_person(
    service: Service,
) -> None:
    await service.connector()
    placed = await service.order()
    [claimed] = await service.claim()
    export_id = claimed["export_id"]
    same = await asyncio.gather(
        *(service.report(export_id, "acknowledge", fence=1, erp_order_number="E1") for _ in range(8))
    )
    assert {(200, "ACKNOWLEDGED")} == {(answer.status_code, answer.json()["state"]) for answer in same}
    other = await service.report(export_id, "acknowledge", fence=1, erp_order_number="E2")
    assert (200, "CONFLICT") == (other.status_code, other.json()["state"])
    export = await export_of(service, placed["id"])
    assert ["placed", "hand", "acknowledge", "acknowledge"] == [step["event"] for step in export["steps"]]
    decided = await service.http.post(
        f"/admin/v1/order-exports/{export_id}/decide",
        json={"outcome": "acknowledged", "erp_order_number": "E2", "reason": "asked the ERP"},
        headers=service.tokens.staff() | {"If-Match": export["etag"]},
    )
    assert (200, "ACKNOWLEDGED") == (decided.status_code, decided.json()["state"])
    assert ["E1", "E2"] == (await service.shown(placed["id"]))["erp_order_numbers"]


async def test_an_expired_claim_is_unknown_and_a_late_acknowledgement_still_closes_it(
    service: Service,
) -> None:
    await service.connector()
    placed = await service.order()
    [claimed] = await service.claim()
    await expire_leases(service)
    listed = await service.http.get(
        "/integration/v1/order-exports?state=UNKNOWN", headers=service.tokens.erp()
    )
    assert [claimed["export_id"]] == [item["export_id"] for item in listed.json()["items"]]
    assert [] == await service.claim()
    answer = await service.report(claimed["export_id"], "acknowledge", fence=1, erp_order_number="E1")
    assert "ACKNOWLEDGED" == answer.json()["state"]
    assert "exported" == (await service.shown(placed["id"]))["status"]


async def test_a_deduplicating_connector_gets_an_expired_order_again_and_the_old_fence_is_stale(
    service: Service,
) -> None:
    await service.connector(deduplicates_by_order_number=True)
    await service.order()
    [first] = await service.claim()
    await expire_leases(service)
    [again] = await service.claim()
    assert (2, 2, True) == (again["fence"], again["attempt"], again["redelivery"])
    for action, body in (
        ("reject", {"reasons": [{"code": "x"}]}),
        ("release", {}),
        ("extend", {"lease_seconds": 60}),
    ):
        stale = await service.report(first["export_id"], action, fence=1, **body)
        assert (409, "stale_fence") == (stale.status_code, stale.json()["code"])
    late = await service.report(first["export_id"], "acknowledge", fence=1, erp_order_number="E1")
    assert "ACKNOWLEDGED" == late.json()["state"]


async def test_a_rejected_order_names_its_reasons_and_can_be_sent_again_by_a_person(service: Service) -> None:
    await service.connector()
    placed = await service.order()
    [claimed] = await service.claim()
    reasons = [{"code": "unknown_item", "message": "no such item", "line_number": 1}]
    answer = await service.report(claimed["export_id"], "reject", fence=1, reasons=reasons)
    assert "REJECTED" == answer.json()["state"]
    shown = await service.shown(placed["id"])
    assert "rejected" == shown["status"]
    assert reasons == shown["history"][-1]["details"]["reasons"]
    export = await export_of(service, placed["id"])
    path, body = f"/admin/v1/order-exports/{claimed['export_id']}/replay", {"reason": "item was added"}
    old = await service.http.post(path, json=body, headers=service.tokens.staff() | {"If-Match": '"1"'})
    assert (412, "version_conflict") == (old.status_code, old.json()["code"])
    headers = service.tokens.staff() | {"If-Match": export["etag"]}
    assert "READY" == (await service.http.post(path, json=body, headers=headers)).json()["state"]
    assert "received" == (await service.shown(placed["id"]))["status"]
    assert [(2, True)] == [(item["fence"], item["redelivery"]) for item in await service.claim()]


async def test_a_released_order_is_due_again_and_an_extended_one_is_not(service: Service) -> None:
    await service.connector()
    await service.order()
    [claimed] = await service.claim(lease_seconds=10)
    longer = await service.report(claimed["export_id"], "extend", fence=1, lease_seconds=3600)
    assert longer.json()["lease_until"] > claimed["lease_until"]
    assert [] == await service.claim()
    assert "READY" == (await service.report(claimed["export_id"], "release", fence=1)).json()["state"]
    assert 1 == len(await service.claim())


async def test_another_source_sees_neither_connector_nor_export(service: Service) -> None:
    await service.connector()
    await service.order()
    [claimed] = await service.claim()
    stranger = service.tokens.erp("other")
    claim = await service.http.post(
        "/integration/v1/order-exports/claim", json={"connector": "erp"}, headers=stranger
    )
    assert (404, "connector_not_found") == (claim.status_code, claim.json()["code"])
    for export_id in (claimed["export_id"], new_id()):
        answer = await service.http.post(
            f"/integration/v1/order-exports/{export_id}/acknowledge",
            json={"fence": 1, "erp_order_number": "X"},
            headers=stranger,
        )
        assert (404, "export_not_found") == (answer.status_code, answer.json()["code"])
    changes = await service.http.get("/integration/v1/orders/changes", headers=stranger)
    assert [] == changes.json()["items"]


async def test_a_claim_repeated_under_its_key_hands_out_the_same_orders(service: Service) -> None:
    await service.connector()
    await service.order()
    headers = service.tokens.erp() | {"Idempotency-Key": "claim-1"}
    claim = {"connector": "erp", "max": 10}
    first, again = [
        await service.http.post("/integration/v1/order-exports/claim", json=claim, headers=headers)
        for _ in range(2)
    ]
    assert 1 == len(first.json()["items"])
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert [] == await service.claim()
