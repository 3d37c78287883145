"""The predicate against its definition on random audiences; derived tables against a recount."""

import asyncio
import random
from dataclasses import replace
from typing import Any

from sqlalchemy import select, text, update

from catalog.audiences.models import Audience, Facts, explain, is_visible
from catalog.listings.repository import Listings
from catalog.tables import catalogue_member, listing, product
from services.catalog.tests.support.platform import Platform
from services.catalog.tests.support.pricing import also, only

SEED = 20260302
AUDIENCES = 300


async def stock_up(platform: Platform, dice: random.Random) -> None:
    """Sixty products of four brands and three item groups, some not sold."""
    rows = [
        {
            "external_id": f"P{number:02}",
            "base_unit": "PCS",
            "brand": dice.choice(["B1", "B2", "B3", None]),
            "item_group": dice.choice(["G1", "G2", None]),
            "lifecycle": dice.choice(["active", "active", "phase_out", "discontinued"]),
            "is_charge": dice.random() < 0.1,
            "superseded_by": "LATER" if dice.random() < 0.1 else None,
        }
        for number in range(60)
    ]
    await platform.feed("products", *rows)


async def facts_of(platform: Platform, catalogue_id: str) -> dict[str, Facts]:
    """What decides about each product, read without the predicate."""
    members = select(catalogue_member.c.product_id).where(catalogue_member.c.catalogue_id == catalogue_id)
    async with platform.wiring.database.read() as reader:
        inside = set(await reader.scalars(members))
        rows = await reader.all(
            select(product, listing.c.targets).join(listing, listing.c.product_id == product.c.id)
        )
    return {
        row["external_id"]: Facts(
            row["lifecycle"],
            row["placeholder"],
            row["is_charge"],
            row["id"] in inside,
            frozenset(row["targets"]),
        )
        for row in rows
    }


async def test_the_list_shows_exactly_what_the_definition_allows_for_300_audiences(
    platform: Platform,
) -> None:
    dice = random.Random(SEED)
    await stock_up(platform, dice)
    brands = [row["id"] for row in (await platform.staff("GET", "/admin/v1/brands")).json()["items"]]
    catalogue_id = await platform.make(
        "/admin/v1/catalogues", code="c", name="c", include=[{"target": "brand", "id": brands[0]}]
    )
    facts = await facts_of(platform, catalogue_id)
    targets = sorted({target for fact in facts.values() for target in fact.targets})
    shown = 0
    for _ in range(AUDIENCES):
        rules: dict[str, Any] = {
            "also": [also(dice.choice(targets)) for _ in range(dice.randrange(4))],
            "only": [only(*dice.sample(targets, dice.randrange(12))) for _ in range(dice.randrange(3))],
            "hide": [also(dice.choice(targets)) for _ in range(dice.randrange(3))],
        }
        user = platform.user(dice.choice([catalogue_id, None]), **rules)
        audience = Audience.read(platform.pricing.audiences[user.id])
        inside = audience.catalogue_id is not None
        judged = {sku: replace(fact, member=fact.member and inside) for sku, fact in facts.items()}
        wanted = sorted(sku for sku, fact in judged.items() if is_visible(explain(audience, fact)))
        assert wanted == await platform.seen(user, limit=200), f"seed {SEED}"
        shown += len(wanted)
    assert shown > AUDIENCES, "the draw must show something"


async def test_products_and_rules_that_change_at_once_never_miss_each_other(platform: Platform) -> None:
    dice = random.Random(SEED)
    await stock_up(platform, dice)
    groups = [row["id"] for row in (await platform.staff("GET", "/admin/v1/item-groups")).json()["items"]]
    catalogues = [
        await platform.make("/admin/v1/catalogues", code=f"c{number}", name="c") for number in range(3)
    ]

    async def change_products(seed: int) -> None:
        own = random.Random(seed)
        for _ in range(6):
            numbers = own.sample(range(60), 20)
            await platform.feed(
                "products",
                *({"external_id": f"P{n:02}", "item_group": own.choice(["G1", "G2"])} for n in numbers),
            )

    async def change_rules(catalogue_id: str, seed: int) -> None:
        own = random.Random(seed)
        for _ in range(12):
            body = {"include": [{"target": "item_group", "id": own.choice(groups)}]}
            await platform.change(f"/admin/v1/catalogues/{catalogue_id}", body)

    await asyncio.gather(
        *(change_products(seed) for seed in range(5)),
        *(change_rules(catalogue_id, seed) for seed, catalogue_id in enumerate(catalogues)),
    )
    before = await derived(platform)
    async with platform.wiring.database.transaction() as tx:
        await tx.execute(text("TRUNCATE catalogue_member, listing"))
        ids = await tx.scalars(select(product.c.id))
        await Listings("en").refresh(tx, ids)
    assert before == await derived(platform)


async def test_a_rule_changed_while_a_product_changes_sees_the_product_as_it_becomes(
    platform: Platform,
) -> None:
    product_id = await platform.product("A", item_group="OLD")
    await platform.product("B", item_group="NEW")
    groups = (await platform.staff("GET", "/admin/v1/item-groups")).json()["items"]
    new = next(row["id"] for row in groups if row["external_id"] == "NEW")
    catalogue_id = await platform.make("/admin/v1/catalogues", code="c", name="c")
    body = {"include": [{"target": "item_group", "id": new}]}
    listings = platform.wiring.stores.listings
    async with platform.wiring.database.transaction() as tx:
        await listings.lock_products(tx)
        await tx.execute(update(product).where(product.c.id == product_id).values(item_group_id=new))
        await listings.refresh(tx, [product_id])
        # By now the product's own refresh has judged it by the rules of before.
        changing = asyncio.create_task(platform.change(f"/admin/v1/catalogues/{catalogue_id}", body))
        await asyncio.sleep(0.5)
    await changing
    found = await platform.staff("GET", f"/admin/v1/catalogues/{catalogue_id}/products")
    assert ["A", "B"] == sorted(item["external_id"] for item in found.json()["items"])


async def derived(platform: Platform) -> tuple[list[Any], list[Any]]:
    """Listings and members, in order."""
    async with platform.wiring.database.read() as reader:
        members = await reader.all(
            select(catalogue_member).order_by(catalogue_member.c.catalogue_id, catalogue_member.c.product_id)
        )
        listings = await reader.all(select(listing).order_by(listing.c.product_id))
    return [dict(row) for row in members], [dict(row) for row in listings]
