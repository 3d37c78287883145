"""Answers kept in memory: never an old one, never somebody else's."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import Table, text
from starlette.types import Receive, Scope, Send

from catalog import tables
from catalog.browsing.hot_routes import KeptRead
from catalog.browsing.routes import browse_products, routes
from chassis.ids import new_id
from chassis.principal import Caller
from services.catalog.tests.support.platform import Platform, User

LIST = "/internal/v1/products"
PARTS = {"include": "availability,facets,total"}


async def sql(platform: Platform, *statements: str) -> None:
    """Statements of a superuser's kind, committed together."""
    async with platform.wiring.database.transaction() as tx:
        for statement in statements:
            await tx.execute(text(statement))


async def read(platform: Platform, user: User, path: str, **params: str) -> dict[str, Any]:
    """The same read twice, the second time from memory; both have to say the same."""
    first = await platform.get(user, path, **params)
    kept = len(platform.wiring.kept)
    assert first == await platform.get(user, path, **params)
    assert kept == len(platform.wiring.kept)
    return first


async def test_a_question_asked_again_is_answered_without_asking_the_database_for_products(
    platform: Platform,
) -> None:
    await platform.product("A")
    user = platform.user(await platform.everything())
    first = await platform.as_(user.token, "GET", LIST, params=PARTS)
    assert 1 == len(platform.wiring.kept)
    # What would be read now is renamed: only an answer from memory can still come.
    await sql(platform, "ALTER TABLE listing RENAME TO listing_away")
    again = await platform.as_(user.token, "GET", LIST, params=PARTS)
    assert (200, first.content) == (again.status_code, again.content)
    assert first.headers["content-language"] == again.headers["content-language"]
    assert "no-store" == again.headers["cache-control"]
    assert first.headers["x-request-id"] != again.headers["x-request-id"]


async def items(platform: Platform, user: User, address: str) -> list[dict[str, Any]]:
    """What a list has, asked by an address as it stands."""
    answer = await platform.as_(user.token, "GET", address)
    assert 200 == answer.status_code, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


Change = Callable[[Platform, str], Awaitable[object]]


async def retitle(platform: Platform, product_id: str) -> object:
    return await platform.change(f"/admin/v1/products/{product_id}", {"texts": {"en": {"title": "New"}}})


async def picture(platform: Platform, product_id: str) -> object:
    media = [{"kind": "image", "url": "https://example.com/a.png"}]
    return await platform.change(f"/admin/v1/products/{product_id}", {"media": media})


async def recount(platform: Platform, product_id: str) -> object:
    return await platform.feed("stock", {"product": "A", "location": "", "quantity": "7"})


async def rename_brand(platform: Platform, product_id: str) -> object:
    brand = (await platform.staff("GET", "/admin/v1/brands")).json()["items"][0]["id"]
    return await platform.change(f"/admin/v1/brands/{brand}/names", {"names": {"en": "Acme"}}, "PUT")


async def discontinue(platform: Platform, product_id: str) -> object:
    return await platform.feed("products", {"external_id": "A", "deleted": True})


async def change_terms(platform: Platform, product_id: str) -> object:
    return await platform.feed("products", {"external_id": "A", "minimum_quantity": "5"})


async def exclude(platform: Platform, product_id: str) -> object:
    found = (await platform.staff("GET", "/admin/v1/catalogues")).json()["items"][0]["id"]
    brand = (await platform.staff("GET", "/admin/v1/brands")).json()["items"][0]["id"]
    excluded = [{"target": "brand", "id": brand}]
    return await platform.change(f"/admin/v1/catalogues/{found}", {"exclude": excluded})


async def another(platform: Platform, product_id: str) -> object:
    return await platform.product("B")


CHANGES: dict[str, Change] = {
    found.__name__: found
    for found in (retitle, picture, recount, rename_brand, discontinue, change_terms, exclude, another)
}


@pytest.mark.parametrize("name", CHANGES)
async def test_a_change_is_in_the_first_answer_after_it(platform: Platform, name: str) -> None:
    product_id = await platform.product("A", brand="ACME")
    user = platform.user(await platform.everything())
    before = await read(platform, user, LIST, **PARTS)
    await CHANGES[name](platform, product_id)
    assert before != await read(platform, user, LIST, **PARTS)


async def test_counterproof_without_the_counters_an_old_answer_would_stay(platform: Platform) -> None:
    product_id = await platform.product("A")
    user = platform.user(await platform.everything())
    before = await read(platform, user, LIST)
    watched = [table.name for table in tables.metadata.sorted_tables if table.name not in UNSEEN]
    await sql(platform, *(f"ALTER TABLE {name} DISABLE TRIGGER counted" for name in watched))
    await retitle(platform, product_id)
    assert before == await read(platform, user, LIST)


# What no read of a channel looks at.
UNSEEN = {
    "audit": "read by staff",
    "catalogue": "its members are in catalogue_member",
    "catalogue_listed": "its members are in catalogue_member",
    "category_tree": "categories show its id, which stays",
    "family": "read by staff",
    "idempotency_key": "mechanics",
    "item_group": "products show its id, which stays; its names are in listing",
    "published": "mechanics",
    "revision": "the counters",
} | {
    table.name: "mechanics"
    for group in (tables.events, tables.feeds)
    for table in vars(group).values()
    if isinstance(table, Table)
}


async def test_every_table_is_counted_or_listed_as_never_shown(platform: Platform) -> None:
    statement = text("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'counted'")
    async with platform.wiring.database.read() as reader:
        counted = set(await reader.scalars(statement))
    assert {table.name for table in tables.metadata.sorted_tables} == counted | set(UNSEEN)
    assert not counted & set(UNSEEN)


async def test_changes_committed_at_the_same_time_are_each_counted(platform: Platform) -> None:
    before = await platform.wiring.revisions.now()
    async with platform.wiring.database.transaction() as one, platform.wiring.database.transaction() as two:
        for number, tx in enumerate((one, two)):
            statement = "INSERT INTO brand (id, source, external_id, version) VALUES (:id, 'erp', :id, 1)"
            await tx.execute(text(statement), {"id": str(number)})
        assert before == await platform.wiring.revisions.now()
    after = await platform.wiring.revisions.now()
    assert before.get("shown", 0) + 2 == after["shown"]


async def test_users_of_one_audience_share_answers_but_not_their_accounts_own_numbers(
    platform: Platform,
) -> None:
    await platform.product("A")
    mine = platform.user(await platform.everything())
    other = platform.user(None)
    platform.pricing.audiences[other.id] = platform.pricing.audiences[mine.id]
    statement = "INSERT INTO account (id, version, source, external_id) VALUES ('{}', 1, 'erp', 'C1')"
    await sql(platform, statement.format(mine.account_id))
    code = {"kind": "customer", "code": "MY-77", "product": "A", "account": "C1"}
    await platform.feed("product-codes", code)

    assert ["A"] == await platform.seen(mine)
    shared = len(platform.wiring.kept)
    assert ["A"] == await platform.seen(other)
    assert shared == len(platform.wiring.kept)
    # Written with an escape, the parameter's name is the same.
    for path in (f"{LIST}?q=MY-77", f"{LIST}?%71=MY-77", "/internal/v1/suggestions?q=MY-77"):
        assert 1 == len(await items(platform, mine, path)), path
        assert 0 == len(await items(platform, other, path)), path


async def test_stock_is_never_shown_to_who_may_not_see_it(platform: Platform) -> None:
    await platform.product("A")
    await platform.feed("stock", {"product": "A", "location": "", "quantity": "7"})
    sees = platform.user(await platform.everything())
    blind = platform.user(None, may={"products:read"})
    platform.pricing.audiences[blind.id] = platform.pricing.audiences[sees.id]
    for query in ("include=availability", "include=%61vailability"):
        assert "availability" in (await items(platform, sees, f"{LIST}?{query}"))[0]
        assert "availability" not in (await items(platform, blind, f"{LIST}?{query}"))[0]


async def test_another_language_is_another_answer(platform: Platform) -> None:
    product_id = await platform.product("A")
    texts = {"nl": {"title": "Kraan"}, "de": {"title": "Hahn"}}
    await platform.change(f"/admin/v1/products/{product_id}", {"texts": texts})
    user = platform.user(await platform.everything())

    async def title(language: str) -> str:
        headers = {"Accept-Language": language}
        answer = await platform.as_(user.token, "GET", LIST, headers=headers)
        assert language == answer.headers["content-language"]
        return str(answer.json()["items"][0]["title"])

    assert ["Kraan", "Hahn", "Kraan"] == [await title("nl"), await title("de"), await title("nl")]


async def test_a_refusal_is_not_kept(platform: Platform) -> None:
    product_id = await platform.product("A")
    user = platform.user(None)
    for _ in range(2):
        path = f"{LIST}/{product_id}"
        assert 404 == (await platform.as_(user.token, "GET", path)).status_code
        assert 422 == (await platform.as_(user.token, "GET", f"{LIST}?limit=9999")).status_code
    assert 0 == len(platform.wiring.kept)
    stranger = platform.tokens.sign(Caller.STAFF, new_id(), {"products:read"})
    assert 403 == (await platform.as_(stranger, "GET", LIST)).status_code


async def test_an_answer_made_while_the_audience_changes_is_that_of_the_audience_in_its_key(
    platform: Platform,
) -> None:
    """The user moves to another audience after the key was made and before the products are read."""
    await platform.product("A")
    everything = await platform.everything()
    moving = platform.user(None)
    staying = platform.user(None)
    platform.pricing.audiences[staying.id] = platform.pricing.audiences[moving.id]
    declared = next(route for route in routes.routes if getattr(route, "endpoint", None) is browse_products)
    assert isinstance(declared, APIRoute)

    async def move(scope: Scope, receive: Receive, send: Send) -> None:
        platform.pricing.give(moving.id, everything)
        platform.pricing.audiences[moving.id]["audience_id"] = new_id()
        platform.wiring.audiences._kept.pop(moving.id)
        await declared.app(scope, receive, send)

    app = platform.http._transport.app  # type: ignore[attr-defined]
    hot = next(route for route in app.router.routes if getattr(route, "path", None) == LIST)
    untouched, hot.app = hot.app, KeptRead(move)
    assert [] == await platform.seen(moving)
    hot.app = untouched
    assert [] == await platform.seen(staying)
    assert ["A"] == await platform.seen(moving)
