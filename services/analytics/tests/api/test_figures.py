"""Activity, usage, completeness and ages."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import update

from analytics.tables import listening
from services.analytics.tests.support.office import Office
from services.analytics.tests.support.telling import account, feed, order, product, tell, user


async def test_accounts_are_listed_by_what_they_did(office: Office) -> None:
    database = office.wiring.database
    await tell(
        database,
        "accounts.account",
        account("ordered", catalogue_id="c"),
        account("looked", catalogue_id="c"),
        account("invited", catalogue_id="c"),
        account("forgotten"),
        account("empty", catalogue_id="c"),
    )
    came = {"invited_at": "2026-01-01T00:00:00Z", "first_login_at": "2026-01-02T00:00:00Z"}
    await tell(
        database,
        "accounts.user",
        user("u1", "ordered", **came, last_login_on="2026-01-02"),
        user("u2", "looked", **came, last_login_on="2026-03-01"),
        user("u3", "invited", invited_at="2026-03-01T00:00:00Z"),
        user("u4", "forgotten"),
    )
    await tell(database, "orders.order", order("o1", [("p", "1")], account_id="ordered"))
    kinds = ("ordered", "logged_in", "never_came", "not_invited", "without_users", "without_catalogue")
    listed = {
        kind: [row["account_id"] for row in await office.items("account-activity", kind=kind, limit=1)]
        for kind in kinds
    }
    assert {
        "ordered": ["ordered"],
        "logged_in": ["looked"],
        "never_came": ["empty", "forgotten", "invited"],
        "not_invited": ["forgotten"],
        "without_users": ["empty"],
        "without_catalogue": ["forgotten"],
    } == listed
    counts = (await office.ask("account-activity/counts")).json()
    assert {"accounts": 5} | {kind: len(found) for kind, found in listed.items()} == counts


async def test_search_terms_are_counted_whatever_their_letter_case_and_those_without_result_listed(
    office: Office,
) -> None:
    searches = [("Tea", 3, "u1"), ("tea ", 0, "u2"), ("lamp", 0, "u1"), ("lamp", 0, "u1"), ("cup", 5, "u1")]
    values = [
        {"term": term, "results": results, "user_id": who, "account_id": "a", "at": "2026-03-01T09:00:00Z"}
        for term, results, who in searches
    ]
    await tell(office.wiring.database, "usage.search", *values)
    every = [(row["term"], row["searches"], row["users"]) for row in await office.items("searches", limit=1)]
    missed = [
        (row["term"], row["without_result"])
        for row in await office.items("searches", without_result=True, limit=1)
    ]
    assert [("lamp", 2, 1), ("tea", 2, 2), ("cup", 1, 1)] == every
    assert [("lamp", 2), ("tea", 1)] == missed


async def test_what_rests_on_notices_says_since_when_it_knows(office: Office) -> None:
    began = datetime(2026, 2, 20, tzinfo=UTC)
    async with office.wiring.database.transaction() as tx:
        await tx.execute(update(listening).values(since=began))
    assert "2026-02-20T00:00:00Z" == (await office.ask("searches")).json()["since"]
    older = {
        "login_id": "l",
        "succeeded": True,
        "at": "2026-02-19T23:30:00Z",
        "user_id": "u",
        "account_id": "a",
    }
    failed = older | {"succeeded": False, "at": "2026-02-19T22:30:00Z"}
    await tell(office.wiring.database, "usage.login", older, failed)
    answer = (await office.ask("logins")).json()
    # Midnight in Amsterdam is 23:00 in UTC: the two are of different local days.
    assert [("2026-02-19", 0, 1), ("2026-02-20", 1, 0)] == [
        (row["day"], row["succeeded"], row["failed"]) for row in answer["items"]
    ]
    assert "2026-02-19T22:30:00Z" == answer["since"]


async def test_opened_products_are_counted(office: Office) -> None:
    database = office.wiring.database
    await tell(database, "catalog.product", product("p1"))
    seen = {"user_id": "u1", "account_id": "a", "at": "2026-03-02T08:00:00Z"}
    views = [
        seen | {"product_id": "p1"},
        seen | {"product_id": "p1", "user_id": "u2"},
        seen | {"product_id": "p2"},
    ]
    await tell(database, "usage.view", *views)
    assert [("p1", "P1", 2, 2), ("p2", None, 1, 1)] == [
        (row["product_id"], row["external_id"], row["views"], row["users"])
        for row in await office.items("product-views", limit=1)
    ]


async def test_changes_of_prices_are_counted_by_day(office: Office) -> None:
    changes: list[dict[str, Any]] = [
        {"product_ids": ["p1", "p2"], "all": False},
        {"product_ids": [], "all": True},
    ]
    await tell(office.wiring.database, "pricing.change-set", *changes)
    today = datetime.now(UTC).date() + timedelta(days=1)
    (day,) = await office.items("price-changes", to=today.isoformat())
    assert (2, 2, 1) == (day["changes"], day["products"], day["whole_lists"])


async def test_completeness_counts_living_products_by_channel_and_names_the_incomplete(
    office: Office,
) -> None:
    await tell(
        office.wiring.database,
        "catalog.product",
        product("p1", completeness={"web": 100, "print": 50}),
        product("p2", completeness={"web": 67}),
        product("p3", completeness={"web": 0}, lifecycle="discontinued"),
        product("p4", completeness={"web": 0}, placeholder=True),
        product("p5", completeness={"web": 33}),
        product("p6"),
    )
    by_channel = (await office.ask("completeness")).json()["items"]
    incomplete = await office.items("completeness/products", channel="web", limit=1)
    assert [
        {"channel": "print", "products": 1, "complete": 0, "average_percent": "50"},
        {"channel": "web", "products": 3, "complete": 1, "average_percent": "66.7"},
    ] == by_channel
    assert [("p5", 33), ("p2", 67)] == [(row["product_id"], row["percent"]) for row in incomplete]


async def test_every_feed_has_an_age_and_feeds_of_two_services_are_two(office: Office) -> None:
    database = office.wiring.database
    await tell(database, "pricing.feed", feed("erp:prices:", data_as_of="2026-03-02T07:00:00Z"))
    await tell(database, "catalog.feed", feed("erp:prices:", finished_at=None, state="applying"))
    office.clock.advance(timedelta(minutes=1))
    ages = {row["state"]: row["age_seconds"] for row in (await office.ask("feeds")).json()["items"]}
    assert {"done": 7260, "applying": None} == ages


async def test_exports_are_counted_by_connector_and_state(office: Office) -> None:
    states = [("erp", "READY"), ("erp", "READY"), ("erp", "UNKNOWN"), (None, "READY")]
    values = [
        {"id": f"e{number}", "connector": to, "state": state} for number, (to, state) in enumerate(states)
    ]
    await tell(office.wiring.database, "orders.export", *values)
    assert [("erp", "READY", 2), ("erp", "UNKNOWN", 1), (None, "READY", 1)] == [
        (row["connector"], row["state"], row["exports"])
        for row in (await office.ask("exports")).json()["items"]
    ]
