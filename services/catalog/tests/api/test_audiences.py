"""How long an audience is remembered, and what happens when nobody can say."""

from datetime import UTC, datetime

import pytest

from catalog.audiences.source import Evicting
from eventing.envelope import Arrived
from services.catalog.tests.support.platform import Platform, migrate, running
from services.catalog.tests.support.pricing import also
from testkit.clock import FrozenClock
from testkit.postgres import Databases

MOMENT = datetime(2026, 3, 2, tzinfo=UTC)


def event(key: str) -> Arrived[Evicting]:
    return Arrived(key, 1, Evicting(), "event", MOMENT)


async def test_an_audience_is_asked_for_once(platform: Platform) -> None:
    user = platform.user(await platform.everything())
    await platform.seen(user)
    await platform.seen(user)
    assert 1 == platform.pricing.asked


async def test_another_user_is_not_answered_with_a_remembered_audience(platform: Platform) -> None:
    await platform.product("A")
    sees, sees_not = platform.user(await platform.everything()), platform.user(None)
    assert ["A"] == await platform.seen(sees)
    assert [] == await platform.seen(sees_not)


@pytest.mark.parametrize("by", ["principal", "audience"])
async def test_an_event_takes_a_remembered_audience_away_at_once(platform: Platform, by: str) -> None:
    product_id = await platform.product("A")
    everything = await platform.everything()
    user = platform.user(everything)
    assert ["A"] == await platform.seen(user)
    audience_id = platform.pricing.give(user.id, everything, hide=[also(product_id)])
    assert ["A"] == await platform.seen(user)
    audiences = platform.wiring.audiences
    if by == "principal":
        audiences.on_principal(event(user.id))
    else:
        audiences.on_audience(event(audience_id))
    assert [] == await platform.seen(user)


async def test_an_answer_overtaken_by_an_event_is_not_remembered(platform: Platform) -> None:
    await platform.product("A")
    user = platform.user(await platform.everything())
    audiences = platform.wiring.audiences
    ask = audiences._ask

    async def overtaken(*args: object) -> object:
        found = await ask(*args)  # type: ignore[arg-type]  # handed through as it came
        audiences.on_principal(event("somebody"))
        return found

    audiences._ask = overtaken  # type: ignore[method-assign,assignment]  # the race, made certain
    await platform.seen(user)
    await platform.seen(user)
    assert 2 == platform.pricing.asked


async def test_while_pricing_is_silent_a_remembered_audience_serves_and_an_unknown_one_is_503(
    platform: Platform,
) -> None:
    await platform.product("A")
    everything = await platform.everything()
    known, unknown = platform.user(everything), platform.user(everything)
    await platform.seen(known)
    platform.pricing.silent = True
    assert ["A"] == await platform.seen(known)
    answer = await platform.as_(unknown.token, "GET", "/internal/v1/products")
    assert (503, "visibility_pending") == (answer.status_code, answer.json()["code"])
    assert "Retry-After" in answer.headers


async def test_an_audience_too_old_is_not_used(databases: Databases, clock: FrozenClock) -> None:
    async with (
        databases.fresh("catalog", migrate) as url,
        running(url, clock, audience_seconds=0) as platform,
    ):
        user = platform.user(await platform.everything())
        await platform.seen(user)
        platform.pricing.silent = True
        assert 503 == (await platform.as_(user.token, "GET", "/internal/v1/products")).status_code


async def test_a_user_pricing_does_not_know_is_503_and_not_empty(platform: Platform) -> None:
    user = platform.user(await platform.everything())
    platform.pricing.audiences.clear()
    answer = await platform.as_(user.token, "GET", "/internal/v1/products")
    assert (503, "visibility_pending") == (answer.status_code, answer.json()["code"])


async def test_pricing_gone_altogether_is_503(databases: Databases, clock: FrozenClock) -> None:
    async with databases.fresh("catalog", migrate) as url, running(url, clock) as platform:
        platform.wiring.audiences._pricing._base = "http://127.0.0.1:1"
        user = platform.user(None)
        assert 503 == (await platform.as_(user.token, "GET", "/internal/v1/products")).status_code


async def test_a_cursor_goes_on_under_todays_predicate_but_not_for_another_audience(
    platform: Platform,
) -> None:
    ids = [await platform.product(f"P{number}") for number in range(5)]
    everything = await platform.everything()
    user, other = platform.user(everything), platform.user(everything)
    first = await platform.get(user, "/internal/v1/products", limit=2)
    audience_id = platform.pricing.give(user.id, everything, hide=[also(ids[2])])
    platform.wiring.audiences.on_audience(event(audience_id))
    following = {"limit": 2, "cursor": first["next_cursor"]}
    assert ["P3", "P4"] == await platform.seen(user, **following)
    stolen = await platform.as_(other.token, "GET", "/internal/v1/products", params=following)
    assert (400, "cursor_invalid") == (stolen.status_code, stolen.json()["code"])
    filtered = await platform.as_(user.token, "GET", "/internal/v1/products", params=following | {"q": "P"})
    assert (400, "cursor_invalid") == (filtered.status_code, filtered.json()["code"])
