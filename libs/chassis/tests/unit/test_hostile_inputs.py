"""Every hostile text, decimal, integer, query, id and body is refused, and never answered with a 5xx."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from libs.chassis.tests.support.thing_service import codes, post_json

_SUITE = Path(__file__).parents[1] / "support" / "hostile-inputs.json"
_CASES: list[dict[str, str]] = json.loads(_SUITE.read_text(encoding="utf-8"))["cases"]
_DECIMAL = "decimal field (money, price, quantity)"
_INTEGER = "integer field or parameter"
_LEGAL_ELSEWHERE = {
    "stock": {"negative quantity", "zero quantity"},  # a stock level may be zero or below
    "percent": {"negative quantity", "zero quantity"},
    "price": {"zero quantity"},
    "quantity": set[str](),
}


def _cases(where: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in _CASES if case["where"] == where]


def _raw(case: dict[str, str]) -> str:
    if case["name"] == "ten thousand digits":
        return "9" * 10_000
    if case["name"] == "one million characters":
        return f'"{"x" * 1_000_000}"'
    return case["raw"]


@pytest.mark.parametrize("field", _LEGAL_ELSEWHERE)
@pytest.mark.parametrize("case", _cases(_DECIMAL))
async def test_a_hostile_decimal_is_refused(
    client: httpx.AsyncClient, case: dict[str, str], field: str
) -> None:
    if case["name"] == "null where required":
        answer = await post_json(client, b'{"parts": [{"quantity": null}]}')
    else:
        answer = await post_json(client, f'{{"{field}": {_raw(case)}}}'.encode())
    if case["name"] in _LEGAL_ELSEWHERE[field]:
        assert 200 == answer.status_code
    else:
        assert answer.status_code in ({400, 422} if case["expect"].startswith("400") else {422})


@pytest.mark.parametrize("case", _cases(_DECIMAL))
async def test_a_hostile_amount_of_money_is_refused(client: httpx.AsyncClient, case: dict[str, str]) -> None:
    answer = await post_json(client, f'{{"money": {{"amount": {_raw(case)}, "currency": "EUR"}}}}'.encode())
    if case["name"] in ("negative quantity", "zero quantity"):  # credit notes exist
        assert 200 == answer.status_code
    else:
        assert answer.status_code in (400, 422)


@pytest.mark.parametrize("field", ["name", "note", "key"])
@pytest.mark.parametrize("case", _cases("text field"))
async def test_a_hostile_text_is_refused_or_kept_exactly(
    client: httpx.AsyncClient, case: dict[str, str], field: str
) -> None:
    answer = await post_json(client, f'{{"{field}": {_raw(case)}}}'.encode())
    if case["expect"].startswith("accepted"):
        assert (200, json.loads(case["raw"])) == (answer.status_code, answer.json()[field])
    elif case["name"].startswith("only blanks") and field != "name":
        assert 200 == answer.status_code
    else:
        assert answer.status_code in (413, 422)


@pytest.mark.parametrize("case", _cases(_INTEGER))
async def test_a_hostile_integer_is_refused(client: httpx.AsyncClient, case: dict[str, str]) -> None:
    answer = await post_json(client, f'{{"count": {_raw(case)}}}'.encode())
    assert answer.status_code in (400, 422)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=9223372036854775808",
        "limit=true",
        "&".join(f"colour=c{number}" for number in range(1000)),
        "q=%00",
        "q=%ff%fe",
        "q=" + "x" * 60_000,
        "cursor=" + "x" * 60_000,
    ],
    ids=lambda query: query[:24],
)
async def test_a_hostile_query_is_refused(client: httpx.AsyncClient, query: str) -> None:
    assert 422 == (await client.get(f"/v1/things?{query}")).status_code


@pytest.mark.parametrize(
    "path",
    ["1%27%20OR%201=1", "..%2f..%2finternal", "%7B018F3A1C-0000-7000-8000-000000000000%7D", "%00", "%ff"],
)
async def test_a_hostile_id_finds_nothing(client: httpx.AsyncClient, path: str) -> None:
    assert 404 == (await client.get(f"/v1/things/{path}")).status_code


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b'{"quantity":"1","quantity":"1000"}', 400),
        (b'{"is_admin":true}', 422),
        (b"[" * 100_000 + b"]" * 100_000, 400),
        (b'{"parts":' + b"[" * 33 + b"]" * 33 + b"}", 400),
        (b"\xef\xbb\xbf{}", 400),
        ("{}".encode("utf-16"), 400),
        (b"{}{}", 400),
        (b"null", 422),
        (b'"text"', 422),
        (b'"\\ud800"', 422),
        (b'{"\\ud800": 1}', 400),
        (b'{"texts": {"\\ud800": "a"}}', 400),
        (b'{"quantity": 1e99999999999999999999}', 400),
        (b'{"name": "' + b"x" * 2_000_000 + b'"}', 413),
    ],
    ids=lambda value: repr(value)[:24],
)
async def test_a_hostile_body_is_refused(client: httpx.AsyncClient, body: bytes, status: int) -> None:
    answer = await post_json(client, body)
    assert (status, "application/problem+json") == (answer.status_code, answer.headers["content-type"])


@pytest.mark.parametrize(
    ("field", "value", "accepted"),
    [
        ("moment", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        ("moment", "2026-01-31T12:00:00.5+01:00", "2026-01-31T11:00:00.500000Z"),
        ("moment", "1700000000", None),
        ("moment", "2026-01-31T12:00:00", None),
        ("moment", "2026-01-31", None),
        ("moment", "0001-01-01T00:00:00+14:00", None),
        ("moment", "9999-12-31T23:59:59-14:00", None),
        ("moment", "2026-13-01T00:00:00Z", None),
        ("day", "2026-01-31", "2026-01-31"),
        ("day", "1700006400", None),
        ("day", "2026-01-31T00:00:00", None),
        ("day", "2026-02-30", None),
        ("day", "0000-01-01", None),
        ("day", "２０２６-01-01", None),
        ("flag", "true", None),
        ("flag", 1, None),
        ("flag", True, True),
        ("moment", 1700000000, None),
        ("day", 1700006400, None),
    ],
)
async def test_times_dates_and_flags_are_read_strictly(
    client: httpx.AsyncClient, field: str, value: object, accepted: object
) -> None:
    answer = await post_json(client, json.dumps({field: value}).encode())
    if accepted is None:
        assert 422 == answer.status_code
    else:
        assert (200, accepted) == (answer.status_code, answer.json()[field])


async def test_a_required_line_of_blanks_is_refused_by_name(client: httpx.AsyncClient) -> None:
    answer = await post_json(client, b'{"name": "   "}', "/v1/required-things")
    assert [("/name", "blank")] == codes(answer)
