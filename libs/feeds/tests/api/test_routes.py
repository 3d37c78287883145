"""The published surface: batch, imports with a profile, results by page, decisions, who may what."""

import gzip
from typing import Any

import httpx
import pytest

from chassis.principal import Caller
from libs.feeds.tests.support.fed import Shop, assortment
from libs.feeds.tests.support.front import ERP, STAFF, front, token

PRODUCTS = "/integration/v1/products"
NDJSON = ERP | {"Content-Type": "application/x-ndjson"}


async def post(client: httpx.AsyncClient, body: bytes, **options: Any) -> httpx.Response:
    headers = options.pop("headers", NDJSON)
    return await client.post(f"{PRODUCTS}/imports", content=body, headers=headers, params=options)


async def test_a_batch_answers_counts_and_results_in_order(shop: Shop) -> None:
    async with front(shop) as client:
        items = [
            {"external_id": "A", "name": "a", "price": 1.50},
            {"external_id": "B", "name": "b", "price": "x"},
        ]
        answer = await client.post(PRODUCTS, json={"items": items}, headers=ERP)
        assert (200, 1, 1) == (
            answer.status_code,
            *(answer.json()["counts"][n] for n in ("created", "rejected")),
        )
        assert ["A", "B"] == [result["external_id"] for result in answer.json()["results"]]
        assert "/price" == answer.json()["results"][1]["errors"][0]["pointer"]
        bodies: list[Any] = [{"items": [{}] * 1001}, {"items": {}}, []]
        for body in bodies:
            assert 422 == (await client.post(PRODUCTS, json=body, headers=ERP)).status_code


@pytest.mark.parametrize(
    ("kind", "body", "status", "code"),
    [
        ("application/json", b"{", 400, "malformed_json"),
        ("application/json", b'{"items": [], "items": []}', 400, "malformed_json"),
        ("application/json", b'{"items": [{"price": NaN}]}', 400, "malformed_json"),
        ("application/json", b"[" * 100_000, 400, "malformed_json"),
        ("text/plain", b'{"items": []}', 415, "unsupported_media_type"),
    ],
)
async def test_a_batch_that_is_no_json_is_refused_as_such(
    shop: Shop, kind: str, body: bytes, status: int, code: str
) -> None:
    async with front(shop) as client:
        answer = await client.post(PRODUCTS, content=body, headers=ERP | {"Content-Type": kind})
        assert (status, code) == (answer.status_code, answer.json()["code"])


async def test_an_import_is_followed_to_its_results_page_by_page(shop: Shop) -> None:
    async with front(shop) as client:
        packed = gzip.compress(assortment(300) + b"nonsense\n")
        accepted = await post(
            client, packed, headers=NDJSON | {"Content-Encoding": "gzip"}, mode="full", scope="nl"
        )
        assert (202, "staged") == (accepted.status_code, accepted.json()["state"])
        await shop.drain()
        path = accepted.headers["Location"]
        run = (await client.get(path, headers=ERP)).json()
        assert ("done", 300, 1, "nl") == (
            run["state"],
            run["counts"]["created"],
            run["counts"]["rejected"],
            run["scope"],
        )
        lines, url = [], f"{path}/results?limit=200"
        while url:
            page = await client.get(url, headers=ERP)
            lines += [item["line_number"] for item in page.json()["items"]]
            url = page.links["next"]["url"] if page.json()["next_cursor"] else ""
        assert list(range(1, 302)) == lines
        rejected = (await client.get(f"{path}/results", params={"status": "rejected"}, headers=ERP)).json()
        assert [301] == [item["line_number"] for item in rejected["items"]]
        listed = (await client.get("/internal/v1/imports", headers=STAFF)).json()
        assert [run["id"]] == [item["id"] for item in listed["items"]]


async def test_a_client_sees_and_decides_only_its_own_runs(shop: Shop) -> None:
    async with front(shop) as client:
        path = (await post(client, assortment(1))).headers["Location"]
        other = token(Caller.CLIENT, "other", "products:write", source="erp")
        for answer in (
            await client.get(path, headers=other),
            await client.get(f"{path}/results", headers=other),
            await client.post(f"{path}/release", headers=other),
            await client.post(f"{path}/cancel", headers=other),
        ):
            assert (404, "import_not_found") == (answer.status_code, answer.json()["code"])
        assert (409, "import_not_held") == _problem(await client.post(f"{path}/release", headers=ERP))
        assert {"items": []} == (await client.get("/internal/v1/imports", headers=other)).json()


@pytest.mark.parametrize(
    ("headers", "problem"),
    [
        ({}, (401, "unauthenticated")),
        (token(Caller.CLIENT, "c", "other", source="erp"), (403, "permission_denied")),
        (token(Caller.CLIENT, "c", "products:write"), (403, "client_without_source")),
        (STAFF, (403, "permission_denied")),
        (ERP | {"Content-Type": "text/plain"}, (415, "unsupported_media_type")),
        (NDJSON | {"Content-Encoding": "br"}, (415, "unsupported_media_type")),
    ],
)
async def test_who_may_not_and_what_is_not_read(
    shop: Shop, headers: dict[str, str], problem: tuple[int, str]
) -> None:
    async with front(shop) as client:
        sent = {"Content-Type": "application/x-ndjson"} | headers
        assert problem == _problem(await post(client, assortment(1), headers=sent))


async def test_profiles_are_kept_used_and_guarded_by_their_version(shop: Shop) -> None:
    path = "/admin/v1/products/import-profiles"
    settings = {"format": "csv", "delimiter": ";", "decimal_mark": ","}
    async with front(shop) as client:
        made = await client.post(path, json={"name": "erp csv", "settings": settings}, headers=STAFF)
        assert 201 == made.status_code
        again = await client.post(path, json={"name": "erp csv", "settings": settings}, headers=STAFF)
        assert (409, "import_profile_name_taken") == _problem(again)
        wrong = {"name": "b", "settings": settings | {"constants": {"colour": "red"}}}
        refused = await client.post(path, json=wrong, headers=STAFF)
        assert (422, "import_profile_field_unknown") == _problem(refused)
        csv = ERP | {"Content-Type": "text/csv"}
        run = await post(client, b"external_id;name;price\nA;a;1,50\n", headers=csv, profile="erp csv")
        await shop.drain()
        assert 1 == (await client.get(run.headers["Location"], headers=ERP)).json()["counts"]["created"]
        one, body = made.headers["Location"], {"name": "renamed", "settings": settings}
        assert 428 == (await client.put(one, json=body, headers=STAFF)).status_code
        tagged = STAFF | {"If-Match": made.headers["ETag"]}
        assert [200, 412] == [
            (await client.put(one, json=body, headers=tagged)).status_code for _ in range(2)
        ]
        current = (await client.get(one, headers=STAFF)).headers["ETag"]
        assert 204 == (await client.delete(one, headers=STAFF | {"If-Match": current})).status_code
        assert [] == (await client.get(path, headers=STAFF)).json()
        assert (404, "import_profile_not_found") == _problem(
            await post(client, b"", headers=csv, profile="erp csv")
        )


def _problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]
