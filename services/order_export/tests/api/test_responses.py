"""What the ERP answers later: matched, merged, kept, whatever comes first."""

import asyncio
import random
from typing import Any

from services.order_export.tests.support.service import Service

AT = "2026-03-02T10:{minute:02d}:00Z"


def fact(event: str, minute: int = 0, **fields: Any) -> dict[str, Any]:
    """One answer of the ERP."""
    return {"external_id": event, "occurred_at": AT.format(minute=minute), **fields}


async def test_a_response_with_the_erps_number_acknowledges_an_open_export(service: Service) -> None:
    await service.connector()
    placed = await service.order(quantity="10")
    [claimed] = await service.claim()
    number = placed["order_number"]
    answered = await service.respond(
        fact(
            "ev-1", order_number=number, erp_order_number="E1", kind="confirmed", line_number=1, quantity="10"
        )
    )
    assert 1 == answered["counts"]["created"]
    assert [] == answered["results"][0]["unresolved"]
    shown = await service.shown(placed["id"])
    assert ("confirmed", ["E1"]) == (shown["status"], shown["erp_order_numbers"])
    assert "10" == shown["lines"][0]["confirmed"]["confirmed"]["quantity"]
    late = await service.report(claimed["export_id"], "acknowledge", fence=1, erp_order_number="E1")
    assert "ACKNOWLEDGED" == late.json()["state"]


async def test_responses_out_of_order_lead_to_the_same_order_and_older_ones_are_history(
    service: Service,
) -> None:
    facts = [
        fact("a", 1, kind="confirmed", line_number=1, quantity="4"),
        fact("b", 2, kind="back_ordered", line_number=1, quantity="6"),
        fact("c", 3, kind="confirmed", line_number=1, quantity="9"),
        fact("d", 4, kind="cancelled", line_number=1, quantity="1", text="no more left"),
    ]
    results = []
    for seed in (1, 2, 3):
        placed = await service.order(quantity="10")
        shuffled = [
            one | {"external_id": f"{seed}{one['external_id']}", "order_number": placed["order_number"]}
            for one in facts
        ]
        random.Random(seed).shuffle(shuffled)
        for one in shuffled:
            await service.respond(one)
        shown = await service.shown(placed["id"])
        confirmed = shown["lines"][0]["confirmed"]
        results.append((shown["status"], {kind: entry["quantity"] for kind, entry in confirmed.items()}))
        assert 4 == sum(entry["kind"].startswith("erp_") for entry in shown["history"])
    assert [("confirmed", {"confirmed": "9", "back_ordered": "6", "cancelled": "1"})] * 3 == results


async def test_the_same_response_again_changes_nothing(service: Service) -> None:
    placed = await service.order()
    one = fact("ev", order_number=placed["order_number"], kind="confirmed", line_number=1, quantity="2")
    await service.respond(one)
    before = await service.shown(placed["id"])
    assert 1 == (await service.respond(one))["counts"]["unchanged"]
    assert before == await service.shown(placed["id"])


async def test_a_response_by_an_unknown_erp_number_waits_and_resolves_when_the_number_is_known(
    service: Service,
) -> None:
    await service.connector()
    placed = await service.order(quantity="2")
    answered = await service.respond(
        fact("early", erp_order_number="E7", kind="confirmed", line_number=1, quantity="2")
    )
    assert "/erp_order_number" == answered["results"][0]["unresolved"][0]["pointer"]
    path, staff = "/admin/v1/order-responses/unresolved", service.tokens.staff()
    waiting = (await service.http.get(path, headers=staff)).json()["items"]
    assert ["early"] == [item["external_id"] for item in waiting]
    [claimed] = await service.claim()
    await service.report(claimed["export_id"], "acknowledge", fence=1, erp_order_number="E7")
    assert "confirmed" == (await service.shown(placed["id"]))["status"]
    assert [] == (await service.http.get(path, headers=staff)).json()["items"]


async def test_a_bad_response_never_stops_the_good_ones(service: Service) -> None:
    placed = await service.order()
    number = placed["order_number"]
    answered = await service.respond(
        fact("1", order_number=number, kind="shouted"),
        fact("2", order_number=number, kind="confirmed", quantity="-1"),
        fact("3", kind="confirmed"),
        fact("4", order_number=number, kind="confirmed", something="else"),
    )
    assert ["rejected", "rejected", "rejected", "created"] == [
        entry["status"] for entry in answered["results"]
    ]
    assert 1 == len(answered["warnings"])
    assert "confirmed" == (await service.shown(placed["id"]))["status"]


async def test_a_response_the_erp_withdraws_no_longer_counts_and_stays_in_the_history(
    service: Service,
) -> None:
    placed = await service.order(quantity="2")
    one = fact("ev", order_number=placed["order_number"], kind="confirmed", line_number=1, quantity="2")
    await service.respond(one)
    assert 1 == (await service.respond({"external_id": "ev", "deleted": True}))["counts"]["discontinued"]
    shown = await service.shown(placed["id"])
    assert ("received", None) == (shown["status"], shown["lines"][0]["confirmed"])
    assert ["placed", "erp_confirmed", "erp_confirmed_withdrawn"] == [
        entry["kind"] for entry in shown["history"]
    ]


async def test_an_order_of_another_source_takes_no_answer(service: Service) -> None:
    placed = await service.order()
    one = fact("x", order_number=placed["order_number"], kind="cancelled")
    answer = await service.http.post(
        "/integration/v1/order-responses", json={"items": [one]}, headers=service.tokens.erp("other")
    )
    assert 1 == len(answer.json()["results"][0]["unresolved"])
    assert "received" == (await service.shown(placed["id"]))["status"]


async def test_an_import_run_does_what_a_batch_does(service: Service) -> None:
    placed = await service.order(quantity="2")
    header = "external_id,order_number,kind,occurred_at,order_line_number,quantity"
    lines = f"{header}\nr1,{placed['order_number']},confirmed,2026-03-02T10:00:00Z,1,2\n"
    answer = await service.http.post(
        "/integration/v1/order-responses/imports",
        content=lines,
        headers=service.tokens.erp() | {"Content-Type": "text/csv"},
    )
    assert 202 == answer.status_code, answer.text
    worker = service.wiring.feeds.worker()
    while await worker.step(asyncio.Event()):
        pass
    run = await service.http.get(answer.headers["location"], headers=service.tokens.erp())
    assert ("done", 1) == (run.json()["state"], run.json()["counts"]["created"])
    assert "confirmed" == (await service.shown(placed["id"]))["status"]


async def test_answers_racing_with_acknowledgements_lose_nothing(service: Service) -> None:
    await service.connector()
    placed = [await service.order(quantity="3") for _ in range(6)]
    claimed = {item["order"]["id"]: item for item in await service.claim()}

    async def both(index: int, order: dict[str, Any]) -> None:
        number = f"E{index}"
        one = fact(f"r{index}", erp_order_number=number, kind="confirmed", line_number=1, quantity="3")
        export_id = claimed[order["id"]]["export_id"]
        await asyncio.gather(
            service.respond(one), service.report(export_id, "acknowledge", fence=1, erp_order_number=number)
        )

    await asyncio.gather(*(both(index, order) for index, order in enumerate(placed)))
    assert ["confirmed"] * 6 == [(await service.shown(order["id"]))["status"] for order in placed]
