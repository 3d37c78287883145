"""Prices over HTTP: who gets which, when, and what stays hidden."""

from services.pricing.tests.support.states import (
    ACCOUNT,
    OTHER_ACCOUNT,
    OTHER_PRODUCT,
    PRODUCT,
    USER,
    a_price,
    a_product,
    an_account,
    fed,
    known,
    price_of,
)
from services.pricing.tests.support.world import World

QUESTION = {"items": [{"product_id": PRODUCT}]}


async def test_a_user_gets_the_price_of_his_account(world: World) -> None:
    await known(world)
    await fed(world, a_price("12.75"))
    expected = {
        "status": "priced",
        "net_price": "12.75",
        "gross_price": None,
        "discount_percent": None,
        "base_quantity": "1",
        "unit": "PCE",
        "currency": "GBP",
        "price_breaks": [{"min_quantity": "0", "net_price": "12.75"}],
    }
    assert expected == await price_of(world)


async def test_another_accounts_price_is_nowhere_in_the_answer(world: World) -> None:
    await known(world)
    await world.hear("accounts.account", (OTHER_ACCOUNT, 1, an_account(OTHER_ACCOUNT)))
    await fed(world, a_price("77.7777"))
    answer = await world.client.post("/internal/v1/prices", json=QUESTION, headers=world.user(OTHER_ACCOUNT))
    assert "on_request" == answer.json()["items"][0]["price"]["status"]
    assert "77.7777" not in answer.text


async def test_the_same_account_number_in_another_administration_is_another_account(world: World) -> None:
    await known(world)
    await fed(world, a_price("1"), source="other-erp")
    assert "on_request" == (await price_of(world))["status"]


async def test_agreements_of_account_group_and_everybody_are_found_in_that_order(world: World) -> None:
    await known(world)
    await world.hear("accounts.account", (ACCOUNT, 2, an_account(price_group="GOLD")))
    await fed(world, a_price("5", applies_to={"type": "all"}))
    assert "5" == (await price_of(world))["net_price"]
    await fed(world, a_price("7", applies_to={"type": "price_group", "external_id": "GOLD"}))
    assert "7" == (await price_of(world))["net_price"]
    await fed(world, a_price("9"))
    assert "9" == (await price_of(world))["net_price"]


async def test_a_discount_on_the_products_group_takes_from_the_list_price(world: World) -> None:
    await known(world)
    discount = a_price("12.5", kind="discount_percent", target={"type": "discount_group", "external_id": "A"})
    everything = a_price("5", kind="discount_percent", target={"type": "all"})
    await fed(world, a_price("12.75", kind="gross", applies_to={"type": "all"}), everything)
    assert "12.1125" == (await price_of(world))["net_price"]
    await fed(world, discount)
    found = await price_of(world)
    assert ("11.15625", "12.75", "12.5") == (
        found["net_price"],
        found["gross_price"],
        found["discount_percent"],
    )


async def test_units_and_breaks_are_those_of_the_product(world: World) -> None:
    await known(world)
    await fed(world, a_price("1"), a_price("0.9", min_quantity="24"))
    found = await price_of(world, unit="BOX", quantity="2")
    assert ("10.8", "BOX") == (found["net_price"], found["unit"])
    expected = [{"min_quantity": "0", "net_price": "12"}, {"min_quantity": "2", "net_price": "10.8"}]
    assert expected == found["price_breaks"]


async def test_who_may_not_see_prices_gets_the_word_hidden_and_nothing_else(world: World) -> None:
    await known(world)
    await fed(world, a_price("12.75"))
    answer = await world.client.post(
        "/internal/v1/prices", json=QUESTION, headers=world.user(ACCOUNT, {"products:read"}, USER)
    )
    expected = {
        "items": [{"product_id": PRODUCT, "unit": None, "quantity": "1", "price": {"status": "hidden"}}]
    }
    assert expected == answer.json()


async def test_evidence_is_for_orders_and_hidden_from_who_may_neither_see_nor_order(world: World) -> None:
    await known(world)
    await fed(world, a_price("12.75"))

    async def asked(*permissions: str) -> dict[str, object]:
        answer = await world.client.post(
            "/internal/v1/prices?evidence=true",
            json=QUESTION,
            headers=world.user(ACCOUNT, permissions, USER),
        )
        found: dict[str, object] = answer.json()["items"][0]
        return found

    hidden = await asked("products:read")
    assert ({"status": "hidden"}, None) == (hidden["price"], hidden.get("evidence"))
    evidence = (await asked("orders:place"))["evidence"]
    assert isinstance(evidence, dict)
    assert {"type": "account", "external_id": "12355"}.items() <= evidence["agreement"].items()


async def test_an_unknown_product_is_unavailable_and_not_on_request(world: World) -> None:
    await known(world)
    assert "unavailable" == (await price_of(world, OTHER_PRODUCT))["status"]


async def test_a_user_asks_neither_for_another_time_nor_for_another_account(world: World) -> None:
    await known(world)
    for extra in ({"at": "2026-01-01T00:00:00Z"}, {"account_id": OTHER_ACCOUNT}):
        answer = await world.client.post(
            "/internal/v1/prices", json=QUESTION | extra, headers=world.user(ACCOUNT, user_id=USER)
        )
        assert (422, "not_for_users") == (answer.status_code, answer.json()["code"])


async def test_staff_and_erp_get_the_price_as_it_was_at_a_moment(world: World) -> None:
    await known(world)
    await fed(
        world,
        a_price("9", valid_from="2026-01-01", valid_to="2026-01-31"),
        a_price("10", valid_from="2026-02-01"),
    )
    # The last moment of January in Amsterdam is 23:00 UTC.
    for at, expected in (("2026-01-31T22:59:59Z", "9"), ("2026-01-31T23:00:00Z", "10")):
        staff = await world.client.post(
            "/admin/v1/prices/resolve",
            json={"account_id": ACCOUNT, "at": at, **QUESTION},
            headers=world.staff(),
        )
        assert expected == staff.json()["items"][0]["price"]["net_price"]
        keyed = {"account_external_id": "12355", "at": at, "items": [{"external_id": "22423"}]}
        erp = await world.client.post(
            "/integration/v1/prices/resolve", json=keyed, headers=world.erp("prices:resolve")
        )
        assert expected == erp.json()["items"][0]["price"]["net_price"]


async def test_an_erp_sees_only_accounts_of_its_own_administration(world: World) -> None:
    await known(world)
    keyed = {"account_external_id": "12355", "items": [{"external_id": "22423"}]}
    answer = await world.client.post(
        "/integration/v1/prices/resolve", json=keyed, headers=world.erp("prices:resolve", source="other")
    )
    assert (404, "account_not_found") == (answer.status_code, answer.json()["code"])


async def test_explain_names_every_row_why_it_lost_and_where_the_winner_came_from(world: World) -> None:
    await known(world)
    await fed(
        world,
        a_price("9", valid_from="2025-01-01"),
        a_price("8", valid_from="2026-02-01"),
        a_price("7", valid_from="2030-01-01"),
        a_price("5", applies_to={"type": "all"}),
        a_price("6", currency="EUR"),
    )
    answer = await world.client.get(
        "/admin/v1/prices/explain",
        params={"account_id": ACCOUNT, "product_id": PRODUCT},
        headers=world.staff(),
    )
    body = answer.json()
    assert 200 == answer.status_code, answer.text
    found = {entry["value"]: entry["verdict"] for entry in body["candidates"]}
    expected = {
        "8": "won",
        "9": "earlier_valid_from",
        "7": "not_yet_valid",
        "5": "less_specific_agreement",
        "6": "other_currency",
    }
    assert expected == found
    assert ("8", "8") == (body["price"]["net_price"], body["candidates"][0]["value"])


async def test_a_deleted_row_no_longer_counts(world: World) -> None:
    await known(world)
    await fed(world, a_price("9"))
    answer = await fed(
        world, {key: item for key, item in a_price().items() if key != "value"} | {"deleted": True}
    )
    assert "discontinued" == answer["results"][0]["status"]
    assert "on_request" == (await price_of(world))["status"]


async def test_a_deleted_product_has_no_price(world: World) -> None:
    await known(world)
    await fed(world, a_price("9"))
    await world.hear("catalog.product", (PRODUCT, 2, None))
    assert "unavailable" == (await price_of(world))["status"]


async def test_the_policy_counts_from_the_next_question_on_and_its_change_is_told(world: World) -> None:
    await known(world)
    await fed(world, a_price("9"), a_price("5", applies_to={"type": "all"}))
    before = await world.client.get("/admin/v1/price-policy", headers=world.staff())
    wanted = {"precedence": "lowest", "overlap": "latest"}
    headers = world.staff() | {"If-Match": before.headers["etag"]}
    answer = await world.client.put("/admin/v1/price-policy", json=wanted, headers=headers)
    assert (200, wanted) == (answer.status_code, answer.json())
    assert "5" == (await price_of(world))["net_price"]
    again = await world.client.put("/admin/v1/price-policy", json=wanted, headers=headers)
    assert 412 == again.status_code
    assert '"all":true' in (await world.told("pricing.change-set"))[-1]["payload"]


async def test_twenty_four_prices_keep_their_order_and_repetitions(world: World) -> None:
    await known(world)
    await world.hear("catalog.product", (OTHER_PRODUCT, 1, a_product(OTHER_PRODUCT, "22649")))
    await fed(world, a_price("1"), a_price("2", "22649"))
    asked = [PRODUCT, OTHER_PRODUCT, OTHER_PRODUCT, PRODUCT] * 6
    answer = await world.client.post(
        "/internal/v1/prices",
        json={"items": [{"product_id": product_id} for product_id in asked]},
        headers=world.user(ACCOUNT, user_id=USER),
    )
    items = answer.json()["items"]
    assert asked == [item["product_id"] for item in items]
    assert ["1", "2", "2", "1"] * 6 == [item["price"]["net_price"] for item in items]
