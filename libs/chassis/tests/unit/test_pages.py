"""Cursors belong to one list and cannot be made up; pages meet end to end."""

import base64
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from chassis.pages import CursorInvalid, Cursors

_CURSOR = Cursors("secret").write([5, "é"], ["things", None])


def test_a_cursor_gives_back_its_position() -> None:
    assert [5, "é"] == Cursors("secret").read(_CURSOR, ["things", None])
    assert None is Cursors("secret").read(None, ["things", None])


@pytest.mark.parametrize("binding", [["things", "red"], ["other", None], ["things"], None])
def test_a_cursor_of_another_list_is_refused(binding: object) -> None:
    with pytest.raises(CursorInvalid):
        Cursors("secret").read(_CURSOR, binding)


def test_a_cursor_signed_with_another_key_is_refused() -> None:
    with pytest.raises(CursorInvalid):
        Cursors("other").read(_CURSOR, ["things", None])


@pytest.mark.parametrize(
    "forged", ["", "x", "é", "\ud800", "AAAA", "A" * 2000, _CURSOR + "AAAA", _CURSOR[:-4]]
)
def test_a_made_up_cursor_is_refused(forged: str) -> None:
    with pytest.raises(CursorInvalid):
        Cursors("secret").read(forged, ["things", None])


def test_no_bit_of_a_cursor_can_be_changed() -> None:
    raw = base64.urlsafe_b64decode(_CURSOR + "=" * (-len(_CURSOR) % 4))
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CursorInvalid):
            Cursors("secret").read(base64.urlsafe_b64encode(changed).decode(), ["things", None])


async def test_following_the_links_shows_everything_once(client: httpx.AsyncClient) -> None:
    url, seen = "/v1/things?limit=3&colour=a&colour=b%20c", []
    while url:
        answer = await client.get(url)
        seen += answer.json()["items"]
        url = answer.links.get("next", {}).get("url", "")
        assert bool(url) == (answer.json()["next_cursor"] is not None)
        if url:
            assert ["a", "b c"] == parse_qs(urlsplit(url).query)["colour"]
    assert [1, 2, 3, 4, 5, 6, 7] == seen


async def test_the_next_link_does_not_believe_the_host_header(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/things?limit=3", headers={"Host": "evil.example/x?y"})
    assert answer.links["next"]["url"].startswith("/v1/things?limit=3&cursor=")


async def test_a_cursor_with_other_filters_is_400_cursor_invalid(client: httpx.AsyncClient) -> None:
    cursor = (await client.get("/v1/things?limit=3&q=a")).json()["next_cursor"]
    answer = await client.get("/v1/things", params={"limit": "3", "q": "b", "cursor": cursor})
    assert (400, "cursor_invalid") == (answer.status_code, answer.json()["code"])
