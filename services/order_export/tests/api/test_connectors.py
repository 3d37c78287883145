"""Connectors: made, changed with an ETag, one per source, removed when nothing is open."""

import asyncio

import pytest

from chassis.ids import new_id
from order_export.connectors.addresses import AddressGuard, AddressRefused
from services.order_export.tests.support.service import Service

PUSH = {"url": "https://erp.example/orders", "number_pointer": "/no"}


async def test_a_change_needs_the_version_it_is_based_on_and_is_audited(service: Service) -> None:
    made = await service.connector()
    path, staff = f"/admin/v1/connectors/{made['id']}", service.tokens.staff()
    etag = (await service.http.get(path, headers=staff)).headers["etag"]
    blind = await service.http.patch(path, json={"name": "New"}, headers=staff)
    assert (428, "if_match_required") == (blind.status_code, blind.json()["code"])
    changed = await service.http.patch(path, json={"name": "New"}, headers=staff | {"If-Match": etag})
    assert (200, "New") == (changed.status_code, changed.json()["name"])
    late = await service.http.patch(path, json={"name": "Late"}, headers=staff | {"If-Match": etag})
    assert (412, "version_conflict") == (late.status_code, late.json()["code"])
    asked = {"object_kind": "connector", "object_id": made["id"]}
    trail = (await service.http.get("/admin/v1/order-audit", params=asked, headers=staff)).json()["items"]
    assert ["connector.changed", "connector.created"] == [entry["action"] for entry in trail]
    assert ("ERP", "New") == (trail[0]["before"]["name"], trail[0]["after"]["name"])


async def test_a_source_has_one_active_connector_and_a_code_is_taken_once(service: Service) -> None:
    await service.connector()
    for body, code in (
        ({"code": "erp", "source": "elsewhere"}, "connector_code_taken"),
        ({"code": "second", "source": "erp"}, "connector_source_taken"),
    ):
        full = {"name": "x", "protocol": "pull", **body}
        answer = await service.http.post("/admin/v1/connectors", json=full, headers=service.tokens.staff())
        assert (409, code) == (answer.status_code, answer.json()["code"])


async def test_ten_connectors_of_one_code_or_one_source_at_once_are_one(service: Service) -> None:
    async def make(code: str, source: str) -> int:
        body = {"code": code, "name": "x", "protocol": "pull", "source": source}
        answer = await service.http.post("/admin/v1/connectors", json=body, headers=service.tokens.staff())
        return answer.status_code

    of_one_code = await asyncio.gather(*(make("one", f"source-{number}") for number in range(10)))
    of_one_source = await asyncio.gather(*(make(f"code-{number}", "one") for number in range(10)))
    assert [[201] + [409] * 9] * 2 == [sorted(of_one_code), sorted(of_one_source)]


async def test_orders_are_listed_by_no_status_with_a_control_character(service: Service) -> None:
    headers = service.tokens.user(new_id())
    answer = await service.http.get("/v1/orders", params={"status": "a\x85b"}, headers=headers)
    assert 422 == answer.status_code


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"protocol": "push"}, "/push"),
        ({"protocol": "pull", "push": PUSH}, "/push"),
        ({"protocol": "push", "push": PUSH, "looks_up": True}, "/push/lookup_url"),
        ({"protocol": "push", "push": PUSH | {"auth": {"kind": "basic", "name": "u"}}}, "/secret"),
        ({"protocol": "push", "push": PUSH | {"mapping": {"$from": "x"}}}, "/push/mapping"),
    ],
)
async def test_settings_that_do_not_fit_together_are_refused(
    service: Service, body: dict[str, object], pointer: str
) -> None:
    full = {"code": "c", "name": "x", "source": "erp", **body}
    answer = await service.http.post("/admin/v1/connectors", json=full, headers=service.tokens.staff())
    assert (422, "connector_invalid") == (answer.status_code, answer.json()["code"])
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_a_connector_with_open_exports_stays(service: Service) -> None:
    made = await service.connector()
    await service.order()
    [claimed] = await service.claim()
    path, staff = f"/admin/v1/connectors/{made['id']}", service.tokens.staff()
    headers = staff | {"If-Match": (await service.http.get(path, headers=staff)).headers["etag"]}
    kept = await service.http.delete(path, headers=headers)
    assert (409, "connector_in_use") == (kept.status_code, kept.json()["code"])
    await service.report(claimed["export_id"], "acknowledge", fence=1, erp_order_number="E1")
    assert 204 == (await service.http.delete(path, headers=headers)).status_code
    assert 404 == (await service.http.get(path, headers=staff)).status_code


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x",
        "http://[::1]/x",
        "http://[::ffff:127.0.0.1]/x",
        "http://169.254.169.254/latest",
        "http://0.0.0.0/",
        "ftp://10.0.0.1/",
        "http://user@10.0.0.1/",
    ],
)
async def test_orders_are_not_sent_to_addresses_that_cannot_be_an_erp(url: str) -> None:
    with pytest.raises(AddressRefused):
        await AddressGuard(loopback=False).resolve(url)


async def test_an_erp_in_a_private_network_is_called_at_the_address_that_was_tested() -> None:
    there = await AddressGuard(loopback=False).resolve("https://10.1.2.3/orders?a=b")
    assert ("https://10.1.2.3:443/orders?a=b", "10.1.2.3") == (there.url, there.server_name)
