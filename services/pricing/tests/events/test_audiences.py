"""Audiences and principals as they follow from accounts, users and rules, in whatever order these come."""

import asyncio
import itertools
from typing import Any

import orjson
import pytest

from eventing.republish import republish
from services.pricing.tests.support.states import (
    ACCOUNT,
    CATALOGUE,
    COLLEAGUE,
    OTHER_ACCOUNT,
    PRODUCT,
    ROLE,
    USER,
    a_member,
    an_account,
)
from services.pricing.tests.support.world import World


async def audience_of(
    world: World, user_id: str = USER, account_id: str = ACCOUNT, status: int = 200
) -> dict[str, Any]:
    answer = await world.client.get("/internal/v1/audience", headers=world.user(account_id, user_id=user_id))
    assert status == answer.status_code, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def ruled(
    world: World, effect: str, kind: str, owner: str, *targets: tuple[str, str]
) -> dict[str, Any]:
    named = [{"target": target, "id": key} for target, key in targets]
    answer = await world.client.post(
        "/admin/v1/visibility-rules",
        json={"effect": effect, "owner_kind": kind, "owner_id": owner, "targets": named},
        headers=world.staff(),
    )
    assert 201 == answer.status_code, answer.text
    found: dict[str, Any] = answer.json()
    return found | {"etag": answer.headers["etag"]}


async def states(world: World, topic: str) -> dict[str, dict[str, Any]]:
    """The newest state of each key; asserts that versions only rise."""
    newest: dict[str, dict[str, Any]] = {}
    versions: dict[str, int] = {}
    for row in await world.told(topic):
        assert row["version"] > versions.get(row["key"], 0)
        versions[row["key"]] = row["version"]
        newest[row["key"]] = orjson.loads(row["payload"])
    return newest


MESSAGES = [
    ("accounts.account", (ACCOUNT, 5, an_account())),
    ("accounts.user", (USER, 5, a_member())),
    ("accounts.user", (COLLEAGUE, 5, a_member(COLLEAGUE))),
]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_whatever_comes_first_users_of_one_role_share_one_audience(
    world: World, order: tuple[int, ...]
) -> None:
    for place in order:
        topic, message = MESSAGES[place]
        await world.hear(topic, message)
    mine, colleagues = await audience_of(world), await audience_of(world, COLLEAGUE)
    assert mine == colleagues
    expected = {
        "audience_id": mine["audience_id"],
        "version": mine["version"],
        "catalogue_id": CATALOGUE,
        "customer_group": "WHOLESALE",
        "also": [],
        "only": [],
        "hide": [],
    }
    assert expected == mine
    assert {mine["audience_id"]} == set(await states(world, "visibility.audience"))
    principals = await states(world, "visibility.principal")
    assert {USER, COLLEAGUE} == set(principals)
    assert {"id": USER, "audience_id": mine["audience_id"], "account_id": ACCOUNT} == principals[USER]


async def test_the_same_states_again_tell_nothing_new(world: World) -> None:
    for topic, message in MESSAGES * 2:
        await world.hear(topic, message)
    assert 1 == len(await world.told("visibility.audience"))
    assert 2 == len(await world.told("visibility.principal"))


async def test_an_older_state_moves_nobody(world: World) -> None:
    for topic, message in MESSAGES:
        await world.hear(topic, message)
    before = await audience_of(world)
    await world.hear("accounts.account", (ACCOUNT, 4, an_account(catalogue_id=None)))
    assert before == await audience_of(world)


async def test_another_catalogue_is_another_audience_for_every_user_of_the_account(world: World) -> None:
    for topic, message in MESSAGES:
        await world.hear(topic, message)
    before = await audience_of(world)
    other = "0190a1b2-0000-7000-8000-00000000000d"
    await world.hear("accounts.account", (ACCOUNT, 6, an_account(catalogue_id=other)))
    after = await audience_of(world)
    assert other == after["catalogue_id"]
    assert before["audience_id"] != after["audience_id"]
    found = await states(world, "visibility.principal")
    assert {after["audience_id"]} == {state["audience_id"] for state in found.values()}


async def test_a_removed_user_has_no_audience_any_more(world: World) -> None:
    for topic, message in MESSAGES:
        await world.hear(topic, message)
    await world.hear("accounts.user", (USER, 6, None))
    assert "visibility_pending" == (await audience_of(world, status=503))["code"]
    assert {"id": USER, "deleted": True} == (await states(world, "visibility.principal"))[USER]
    await audience_of(world, COLLEAGUE)


async def test_a_removed_account_leaves_its_users_without_an_audience(world: World) -> None:
    for topic, message in MESSAGES:
        await world.hear(topic, message)
    await world.hear("accounts.account", (ACCOUNT, 6, None))
    await audience_of(world, status=503)
    await world.hear("accounts.account", (ACCOUNT, 7, an_account()))
    await audience_of(world)


async def test_a_rule_of_the_group_raises_the_version_and_moves_nobody(world: World) -> None:
    for topic, message in MESSAGES:
        await world.hear(topic, message)
    before = await audience_of(world)
    rule = await ruled(world, "hide", "customer_group", "WHOLESALE", ("product", PRODUCT))
    after = await audience_of(world)
    assert before["audience_id"] == after["audience_id"]
    assert after["version"] > before["version"]
    assert [{"target": "product", "id": PRODUCT, "rule_id": rule["id"]}] == after["hide"]
    assert 2 == len(await world.told("visibility.principal"))
    told = (await states(world, "visibility.audience"))[after["audience_id"]]
    assert after["hide"] == told["hide"]


async def test_a_rule_of_an_account_touches_no_other_account(world: World) -> None:
    for topic, message in MESSAGES:
        await world.hear(topic, message)
    stranger = "0190a1b2-0000-7000-8000-0000000000b9"
    await world.hear("accounts.account", (OTHER_ACCOUNT, 5, an_account(OTHER_ACCOUNT)))
    await world.hear("accounts.user", (stranger, 5, a_member(stranger, OTHER_ACCOUNT)))
    before = await audience_of(world, stranger, OTHER_ACCOUNT)
    await ruled(world, "also", "account", ACCOUNT, ("product", PRODUCT))
    assert before == await audience_of(world, stranger, OTHER_ACCOUNT)
    mine, colleagues = await audience_of(world), await audience_of(world, COLLEAGUE)
    assert mine == colleagues
    assert (1, True) == (len(mine["also"]), mine["audience_id"] != before["audience_id"])


async def test_a_rule_of_a_user_is_his_alone(world: World) -> None:
    for topic, message in MESSAGES:
        await world.hear(topic, message)
    await ruled(world, "only", "user", USER, ("product", PRODUCT))
    assert (1, 0) == (
        len((await audience_of(world))["only"]),
        len((await audience_of(world, COLLEAGUE))["only"]),
    )


async def test_a_rule_made_before_its_user_is_known_counts_when_he_comes(world: World) -> None:
    await ruled(world, "hide", "user", USER, ("product", PRODUCT))
    await ruled(world, "hide", "role", ROLE, ("product", PRODUCT))
    for topic, message in MESSAGES:
        await world.hear(topic, message)
    assert (2, 1) == (
        len((await audience_of(world))["hide"]),
        len((await audience_of(world, COLLEAGUE))["hide"]),
    )


async def test_a_removed_rule_no_longer_counts(world: World) -> None:
    for topic, message in MESSAGES:
        await world.hear(topic, message)
    rule = await ruled(world, "hide", "account", ACCOUNT, ("product", PRODUCT))
    ruled_audience = await audience_of(world)
    removed = await world.client.delete(
        f"/admin/v1/visibility-rules/{rule['id']}", headers=world.staff() | {"If-Match": rule["etag"]}
    )
    assert 204 == removed.status_code
    after = await audience_of(world)
    assert ([], ruled_audience["audience_id"]) == (after["hide"], after["audience_id"])


async def test_a_rule_and_an_audience_born_at_the_same_moment_do_not_miss_each_other(world: World) -> None:
    await world.hear(*MESSAGES[0])
    async with world.database.transaction() as tx:
        await world.hear_in(tx, *MESSAGES[1])
        ruling = asyncio.create_task(
            ruled(world, "hide", "customer_group", "WHOLESALE", ("product", PRODUCT))
        )
        done, _ = await asyncio.wait([ruling], timeout=0.3)
        assert not done
    await ruling
    assert 1 == len((await audience_of(world))["hide"])


async def test_an_account_and_its_user_arriving_at_once_do_not_miss_each_other(world: World) -> None:
    async with world.database.transaction() as tx:
        await world.hear_in(tx, *MESSAGES[1])
        arrival = asyncio.create_task(world.hear(*MESSAGES[0]))
        done, _ = await asyncio.wait([arrival], timeout=0.3)
        assert not done
    await arrival
    await audience_of(world)


async def test_a_token_of_another_account_gets_no_audience(world: World) -> None:
    for topic, message in MESSAGES:
        await world.hear(topic, message)
    await audience_of(world, USER, OTHER_ACCOUNT, status=503)


async def test_a_user_nobody_can_speak_for_is_pending_and_never_sees_everything(world: World) -> None:
    answer = await audience_of(world, status=503)
    assert "visibility_pending" == answer["code"]
    asked = {"items": [{"product_id": PRODUCT}]}
    prices = await world.client.post("/internal/v1/prices", json=asked, headers=world.user(ACCOUNT))
    assert (503, "prices_pending") == (prices.status_code, prices.json()["code"])


async def test_staff_may_look_at_a_users_audience_and_a_user_only_at_his_own(world: World) -> None:
    for topic, message in MESSAGES:
        await world.hear(topic, message)
    path = f"/internal/v1/audience?user_id={USER}"
    staff = await world.client.get(path, headers=world.staff(["catalog:read"]))
    assert await audience_of(world) == staff.json()
    denied = await world.client.get(path, headers=world.staff(["pricing:read"]))
    refused = await world.client.get(path, headers=world.user(ACCOUNT, user_id=COLLEAGUE))
    nobody = await world.client.get("/internal/v1/audience", headers=world.staff(["catalog:read"]))
    missing = await world.client.get(path.replace(USER, PRODUCT), headers=world.staff(["catalog:read"]))
    assert [403, 422, 422, 404] == [answer.status_code for answer in (denied, refused, nobody, missing)]


async def test_republishing_tells_every_state_again_deletions_too(world: World) -> None:
    for topic, message in MESSAGES:
        await world.hear(topic, message)
    await world.hear("accounts.user", (COLLEAGUE, 6, None))
    audiences, principals = (
        await states(world, "visibility.audience"),
        await states(world, "visibility.principal"),
    )
    before = await world.told("visibility.principal")
    counts = await republish(world.database, world.wiring.outbox, world.wiring.republishers, chunk=1)
    assert {"visibility.audience": 1, "visibility.principal": 2, "pricing.feed": 0} == counts
    again = (await world.told("visibility.principal"))[len(before) :]
    assert principals == {row["key"]: orjson.loads(row["payload"]) for row in again}
    assert {row["key"]: row["version"] for row in before} == {row["key"]: row["version"] for row in again}
    await republish(world.database, world.wiring.outbox, world.wiring.republishers, bump=True)
    bumped = (await world.told("visibility.principal"))[len(before) + len(again) :]
    assert all(new["version"] > old["version"] for new, old in zip(bumped, again, strict=True))
    told = (await world.told("visibility.audience"))[-1]
    assert audiences == {told["key"]: orjson.loads(told["payload"])}


async def test_a_thousand_users_of_one_account_move_together(world: World) -> None:
    users = [f"0190a1b2-0000-7000-8000-0000001{number:05x}" for number in range(1000)]
    await world.hear(*MESSAGES[0])
    await world.hear("accounts.user", *((user, 1, a_member(user)) for user in users))
    await ruled(world, "hide", "account", ACCOUNT, ("product", PRODUCT))
    found = await states(world, "visibility.principal")
    assert (1000, 1) == (len(found), len({state["audience_id"] for state in found.values()}))
    assert 1 == len((await audience_of(world, users[-1]))["hide"])


async def test_many_events_at_once_end_in_the_state_that_follows_from_all(world: World) -> None:
    users = [f"0190a1b2-0000-7000-8000-00000000{number:04x}" for number in range(0x100, 0x118)]
    accounts = [f"0190a1b2-0000-7000-8000-00000001{number:04x}" for number in range(4)]
    homes = {user: accounts[place % 4] for place, user in enumerate(users)}
    await asyncio.gather(
        *(world.hear("accounts.user", (user, 1, a_member(user, home))) for user, home in homes.items()),
        *(world.hear("accounts.account", (account, 1, an_account(account))) for account in accounts),
        ruled(world, "hide", "account", accounts[0], ("product", PRODUCT)),
        ruled(world, "hide", "customer_group", "WHOLESALE", ("product", PRODUCT)),
    )
    for user, home in homes.items():
        expected = 2 if home == accounts[0] else 1
        assert expected == len((await audience_of(world, user, home))["hide"])
    told = await states(world, "visibility.audience")
    principals = await states(world, "visibility.principal")
    for user in users:
        assert principals[user]["audience_id"] in told
