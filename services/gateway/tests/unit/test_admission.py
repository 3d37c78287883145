"""Buckets, watermarks and origins, without a socket."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from chassis.clock import milliseconds
from chassis.failures import Unauthenticated, Unavailable
from chassis.health import State
from chassis.principal import Caller
from eventing.envelope import Arrived
from gateway.admission.limits import Buckets, Policy
from gateway.admission.origins import Origins
from gateway.admission.precedence import Precedence
from gateway.admission.revocations import Revocations, Watermarks, subjects
from gateway.consumers import REVOCATION, ChannelSeen, RevocationSeen
from services.gateway.tests.support.tokens import some_user
from testkit.clock import FrozenClock

NOWHERE = "127.0.0.1:9"


def test_a_bucket_refills_at_its_rate_and_never_above_its_burst() -> None:
    now = 0.0
    buckets = Buckets(now=lambda: now)
    policy = Policy("user", rate=2.0, burst=3)
    assert [True, True, True, False] == [buckets.take(policy, "a").admitted for _ in range(4)]
    now = 0.5
    assert [True, False] == [buckets.take(policy, "a").admitted for _ in range(2)]
    now = 100.0
    assert 2 == buckets.take(policy, "a").remaining
    assert '"user";q=3;w=2' == policy.header


def test_a_refused_caller_learns_when_to_come_back() -> None:
    buckets = Buckets(now=lambda: 0.0)
    policy = Policy("login", rate=0.1, burst=1)
    buckets.take(policy, "a")
    assert (False, 10) == ((standing := buckets.take(policy, "a")).admitted, standing.retry_after)


def test_buckets_never_grow_beyond_their_number() -> None:
    buckets = Buckets(now=lambda: 0.0, size=10)
    policy = Policy("user", rate=1.0, burst=1)
    for number in range(100):
        buckets.take(policy, str(number))
    assert not buckets.take(policy, "99").admitted
    assert buckets.take(policy, "0").admitted


@pytest.mark.parametrize("subject", subjects(some_user()))
def test_any_subject_of_a_token_ends_it_if_revoked_after_its_issue(subject: tuple[str, str]) -> None:
    user = some_user()
    marks = Watermarks()
    marks.put(RevocationSeen(subject_kind=subject[0], subject_id=subject[1], not_before=user.issued_at + 1))
    assert marks.revokes(user)
    assert not marks.revokes(replace(user, issued_at=user.issued_at + 1))


def test_ids_are_told_apart_by_their_kind_and_older_watermarks_change_nothing() -> None:
    user = some_user()
    marks = Watermarks()
    marks.put(RevocationSeen(subject_kind="account", subject_id="user-1", not_before=user.issued_at + 9))
    assert not marks.revokes(user)
    marks.put(RevocationSeen(subject_kind="user", subject_id="user-1", not_before=user.issued_at + 9))
    marks.put(RevocationSeen(subject_kind="user", subject_id="user-1", not_before=1))
    assert marks.revokes(user)


def test_an_actor_who_is_out_acts_for_nobody() -> None:
    marks = Watermarks()
    user = replace(some_user(), actor="staff-7")
    marks.put(RevocationSeen(subject_kind="staff", subject_id="staff-7", not_before=user.issued_at + 1))
    assert marks.revokes(user)


def test_staff_and_clients_are_subjects_under_their_own_kind() -> None:
    staff = replace(
        some_user(), caller=Caller.STAFF, subject="s", account_id=None, login_id=None, role_id=None
    )
    assert [("staff", "s"), ("client", "shop-1")] == subjects(staff)


class Accounts:
    """accounts as the fallback asks it."""

    def __init__(self, *found: RevocationSeen) -> None:
        self.found = found
        self.answers = True
        self.asked: list[int] = []

    async def __call__(self, since: int) -> tuple[Iterable[RevocationSeen], int]:
        self.asked.append(since)
        if not self.answers:
            raise Unavailable
        return self.found, since + 700_000


async def test_before_anything_is_known_nobody_comes_in_and_the_gateway_is_not_ready() -> None:
    accounts, clock = Accounts(), FrozenClock(datetime.now(UTC))
    accounts.answers = False
    marks = Watermarks()
    revocations = Revocations(marks, REVOCATION.follower(NOWHERE, lambda _: None), accounts, clock)
    with pytest.raises(Unavailable):
        revocations.check(some_user())
    assert State.FAILED == (await revocations.probe()).state


async def test_a_silent_topic_is_replaced_by_asking_accounts_for_what_tokens_may_still_live() -> None:
    user = some_user()
    gone = RevocationSeen(subject_kind="user", subject_id="user-1", not_before=user.issued_at + 1)
    accounts, clock = Accounts(gone), FrozenClock(datetime.now(UTC))
    revocations = Revocations(Watermarks(), REVOCATION.follower(NOWHERE, lambda _: None), accounts, clock)
    stop = asyncio.Event()
    running = asyncio.create_task(revocations.run(stop))
    await asyncio.sleep(0)
    stop.set()
    await running
    assert [milliseconds(clock.now()) - 610_000] == accounts.asked
    with pytest.raises(Unauthenticated):
        revocations.check(user)
    revocations.check(replace(user, subject="user-2"))
    assert State.DEGRADED == (await revocations.probe()).state


def channel(key: str, *origins: str) -> Arrived[ChannelSeen]:
    """A channel's state; without origins it is gone."""
    value = ChannelSeen(id=key, origins=origins) if origins else None
    return Arrived(key=key, version=1, value=value, id="1", time=datetime.now(UTC))


def test_an_origin_counts_as_long_as_one_channel_has_it_and_only_for_its_surface() -> None:
    origins = Origins("https://desk")
    origins.on_channel(channel("a", "https://shop"))
    origins.on_channel(channel("b", "https://shop", "https://app"))
    origins.on_channel(channel("b"))
    asked = [
        ("https://shop", "/v1/x"),
        ("https://app", "/v1/x"),
        ("https://shop", "/admin/v1/x"),
        ("https://desk", "/admin/v1/x"),
    ]
    assert [True, False, False, True] == [origins.admit(*each) for each in asked]


def test_a_token_is_good_for_the_origins_of_its_own_channel_alone() -> None:
    origins = Origins("https://desk")
    origins.on_channel(channel("a", "https://shop"))
    origins.on_channel(channel("b", "https://app"))
    asked = [("https://shop", "a"), ("https://app", "a"), ("https://app", "b"), ("https://app", "gone")]
    assert [True, False, True, False] == [origins.admit(origin, "/v1/x", of) for origin, of in asked]
    assert origins.admit("https://desk", "/v1/x", "a")


async def test_a_full_gateway_sheds_analytics_then_browsing_and_orders_last() -> None:
    let_go = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await let_go.wait()
        await PlainTextResponse("done")(scope, receive, send)

    def owner_of(_: str, path: str) -> str | None:
        return {"/orders": "order_export", "/figures": "analytics"}.get(path)

    transport = httpx.ASGITransport(Precedence(slow, 10, owner_of))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        inside = [asyncio.create_task(client.get("/figures")) for _ in range(5)]
        await asyncio.sleep(0)

        async def shed(path: str) -> httpx.Response | None:
            """The refusal, or None for one that was let in."""
            asked = asyncio.create_task(client.get(path))
            done, _ = await asyncio.wait([asked], timeout=0.2)
            inside.extend([] if done else [asked])
            return asked.result() if done else None

        refused = await shed("/figures")
        assert refused is not None
        assert (503, "unavailable") == (refused.status_code, refused.json()["code"])
        assert "2" == refused.headers["retry-after"]
        assert [None] * 3 == [await shed("/products") for _ in range(3)]
        assert await shed("/products") is not None
        assert [None] * 2 == [await shed("/orders") for _ in range(2)]
        assert await shed("/orders") is not None
        let_go.set()
        assert [200] * 10 == [answer.status_code for answer in await asyncio.gather(*inside)]
        assert 200 == (await client.get("/figures")).status_code
