"""Push: an order leaves once, and where its outcome was lost the ERP is asked before anything else."""

import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import func, text, update

from order_export.exports.pushing import ExportPusher
from order_export.tables import order_export
from order_export.worker import pusher
from services.order_export.tests.support.erp import Erp
from services.order_export.tests.support.service import Service
from testkit.serving import serving


@pytest.fixture
async def erp() -> AsyncIterator[Erp]:
    """The ERP, listening."""
    erp = Erp()
    async with serving(erp.app()) as url:
        erp.url = url
        yield erp


@pytest.fixture
async def pushing(service: Service) -> AsyncIterator[ExportPusher]:
    """The worker's loop, to be turned by hand."""
    async with httpx.AsyncClient(trust_env=False) as http:
        yield pusher(service.wiring, service.settings, http)


async def connect(service: Service, push: dict[str, Any], **changes: Any) -> None:
    """A push connector."""
    await service.connector(protocol="push", push=push, **changes)


async def state_of(service: Service, order_id: str) -> dict[str, Any]:
    """The export of an order."""
    path = f"/admin/v1/order-exports?order_id={order_id}"
    answer = await service.http.get(path, headers=service.tokens.staff())
    [item] = answer.json()["items"]
    found: dict[str, Any] = item
    return found


async def make_due(service: Service) -> None:
    """As if every waiting time and lease had passed."""
    past = func.now() - text("interval '1 second'")
    async with service.database.transaction() as tx:
        await tx.execute(update(order_export).values(next_attempt_at=past))
        leased = order_export.c.lease_until.is_not(None)
        await tx.execute(update(order_export).values(lease_until=past).where(leased))


async def test_an_order_is_pushed_through_its_mapping_and_acknowledged(
    service: Service, erp: Erp, pushing: ExportPusher
) -> None:
    rows = {"$each": "/lines", "$as": {"sku": {"$from": "/external_id"}, "amount": {"$from": "/line_amount"}}}
    mapping = {"ref": {"$from": "/order_number"}, "rows": rows}
    await connect(service, erp.push(mapping=mapping))
    placed = await service.order(quantity="2", price="10")
    await pushing.round()
    await pushing.round()
    assert [{"ref": placed["order_number"], "rows": [{"sku": "SKU-1", "amount": "20"}]}] == erp.bodies
    assert placed["order_number"] == erp.headers[0]["idempotency-key"]
    export = await state_of(service, placed["id"])
    assert ("ACKNOWLEDGED", "E1") == (export["state"], export["erp_order_number"])
    assert ["E1"] == (await service.shown(placed["id"]))["erp_order_numbers"]


async def test_a_lost_answer_is_looked_up_and_the_order_is_not_sent_twice(
    service: Service, erp: Erp, pushing: ExportPusher
) -> None:
    await connect(service, erp.push(**erp.lookup()), looks_up=True)
    placed = await service.order()
    erp.behaviour, erp.lookup_works = "book_and_hang", False
    await pushing.round()
    assert "UNKNOWN" == (await state_of(service, placed["id"]))["state"]
    await make_due(service)
    await pushing.round()
    assert "UNKNOWN" == (await state_of(service, placed["id"]))["state"]
    erp.lookup_works = True
    await make_due(service)
    await pushing.round()
    export = await state_of(service, placed["id"])
    assert ("ACKNOWLEDGED", "E1") == (export["state"], export["erp_order_number"])
    assert 1 == erp.calls.count("send")


async def test_an_order_the_erp_does_not_have_after_all_is_sent_again(
    service: Service, erp: Erp, pushing: ExportPusher
) -> None:
    await connect(service, erp.push(**erp.lookup()), looks_up=True)
    placed = await service.order()
    erp.behaviour = "hang"
    await pushing.round()
    erp.behaviour = "book"
    for _ in range(3):
        await make_due(service)
        await pushing.round()
    assert "ACKNOWLEDGED" == (await state_of(service, placed["id"]))["state"]
    assert 1 == len(erp.booked)
    assert erp.calls.index("find") < len(erp.calls) - 1 - erp.calls[::-1].index("send")


async def test_without_lookup_or_deduplication_a_lost_outcome_waits_for_a_person(
    service: Service, erp: Erp, pushing: ExportPusher
) -> None:
    await connect(service, erp.push())
    placed = await service.order()
    erp.behaviour = "no_number"
    for _ in range(3):
        await make_due(service)
        await pushing.round()
    assert "UNKNOWN" == (await state_of(service, placed["id"]))["state"]
    assert ["send"] == erp.calls


async def test_a_refusal_rejects_the_order_with_the_erps_words(
    service: Service, erp: Erp, pushing: ExportPusher
) -> None:
    await connect(service, erp.push())
    placed = await service.order()
    erp.behaviour = "refuse"
    await pushing.round()
    export = await state_of(service, placed["id"])
    assert ("REJECTED", "no such item") == (export["state"], export["reasons"][0]["text"])
    assert "rejected" == (await service.shown(placed["id"]))["status"]


async def test_a_busy_or_absent_erp_is_tried_again_until_the_policy_ends_it(
    service: Service, erp: Erp, pushing: ExportPusher
) -> None:
    await connect(service, erp.push(), max_attempts=3)
    placed = await service.order()
    erp.behaviour = "busy"
    await pushing.round()
    await pushing.round()
    assert ("READY", 1) == _state(await state_of(service, placed["id"]))
    for _ in range(2):
        await make_due(service)
        await pushing.round()
    assert ("DEAD", 3) == _state(await state_of(service, placed["id"]))


async def test_a_crash_while_sending_leaves_unknown_and_never_a_second_order(
    service: Service, erp: Erp, pushing: ExportPusher
) -> None:
    await connect(service, erp.push(**erp.lookup()), looks_up=True)
    placed = await service.order()
    erp.booked[placed["order_number"]] = "E-crash"
    async with service.database.transaction() as tx:
        # What a worker leaves behind that died between the first byte and the answer.
        past = func.now() - text("interval '1 second'")
        await tx.execute(update(order_export).values(state="SENDING", fence=1, attempt=1, lease_until=past))
        connector = text("UPDATE order_export SET connector_id = (SELECT id FROM connector)")
        await tx.execute(connector)
    await pushing.round()
    # It may still be at work on it.
    assert [] == erp.calls
    await make_due(service)
    await pushing.round()
    export = await state_of(service, placed["id"])
    assert ("ACKNOWLEDGED", "E-crash") == (export["state"], export["erp_order_number"])
    assert ["find"] == erp.calls


@pytest.mark.parametrize("kind", ["basic", "api_key", "signature", "oauth2_client_credentials"])
async def test_every_kind_of_proof_reaches_the_erp_and_the_secret_is_never_read(
    service: Service, erp: Erp, pushing: ExportPusher, kind: str
) -> None:
    auth = {"kind": kind, "name": "X-Key" if kind in ("api_key", "signature") else "kontor"}
    if kind == "oauth2_client_credentials":
        auth["token_url"] = f"{erp.url}/token"
    await connect(service, erp.push(auth=auth), secret="hush-hush")
    await service.order()
    await pushing.round()
    [sent] = erp.headers
    expected = {
        "basic": ("authorization", "Basic a29udG9yOmh1c2gtaHVzaA=="),
        "api_key": ("x-key", "hush-hush"),
        "oauth2_client_credentials": ("authorization", "Bearer token-1"),
    }
    if kind == "signature":
        moment, digest = (part.partition("=")[2] for part in sent["x-key"].split(","))
        signed = hmac.digest(b"hush-hush", moment.encode() + b"." + erp.raw[0], hashlib.sha256).hex()
        assert signed == digest
    else:
        name, value = expected[kind]
        assert value == sent[name]
    listed = await service.http.get("/admin/v1/connectors", headers=service.tokens.staff())
    assert listed.json()["items"][0]["has_secret"]
    assert "hush" not in listed.text
    async with service.database.read() as reader:
        assert b"hush" not in await reader.scalar(text("SELECT secret FROM connector"))
        assert "hush" not in str(await reader.all(text("SELECT * FROM audit")))


def _state(export: dict[str, Any]) -> tuple[str, int]:
    return export["state"], export["attempt"]
