"""Turnover: exact, per currency, local day and origin."""

from decimal import Decimal

import pytest

from chassis.principal import Caller
from services.analytics.tests.support.office import Office, token
from services.analytics.tests.support.telling import account, category, order, product, tell

ORDERS = (
    order("o1", [("p1", "0.1"), ("p2", "0.2"), ("p1", "0.1")]),
    order("o2", [("p1", "1000000000.01")], account_id="acc-2", channel_id=None, origin="erp"),
    order("o3", [("p2", "7.00")], on="2026-03-02", currency="GBP"),
    order("o4", [("p3", "99")], on="2025-01-01"),
)


@pytest.fixture
async def traded(office: Office) -> Office:
    """Four orders, three of them within the last thirty days."""
    database = office.wiring.database
    await tell(database, "orders.order", *ORDERS)
    await tell(database, "accounts.account", account("acc-1"), account("acc-2"))
    await tell(database, "catalog.category", category("c1"), category("c2"))
    await tell(database, "catalog.product", product("p1", ["c1", "c2"]), product("p2", ["c1"]), product("p3"))
    return office


async def _turnover(office: Office, **params: object) -> list[tuple[object, ...]]:
    return [
        (
            row["key"],
            row["label"],
            row["origin"],
            row["orders"],
            row["turnover"]["amount"],
            row["turnover"]["currency"],
        )
        for row in await office.items("turnover", **params)
    ]


async def test_by_day_currency_and_origin_are_kept_apart_and_sums_are_exact(traded: Office) -> None:
    assert [
        ("2026-03-01", None, "erp", 1, "1000000000.01", "EUR"),
        ("2026-03-01", None, "platform", 1, "0.40", "EUR"),
        ("2026-03-02", None, "platform", 1, "7.00", "GBP"),
    ] == await _turnover(traded)


async def test_by_account_the_greatest_comes_first(traded: Office) -> None:
    assert [
        ("acc-2", "ACC-2", "erp", 1, "1000000000.01", "EUR"),
        ("acc-1", "ACC-1", "platform", 1, "7.00", "GBP"),
        ("acc-1", "ACC-1", "platform", 1, "0.40", "EUR"),
    ] == await _turnover(traded, by="account")


async def test_by_category_a_product_counts_in_each_of_its_categories_of_today(traded: Office) -> None:
    before = {
        (key, currency): (orders, amount)
        for key, _, _, orders, amount, currency in await _turnover(traded, by="category", origin="platform")
    }
    assert {("c1", "EUR"): (1, "0.40"), ("c2", "EUR"): (1, "0.20"), ("c1", "GBP"): (1, "7.00")} == before
    await tell(traded.wiring.database, "catalog.product", product("p1"), version=2)
    after = {
        (key, currency): amount
        for key, _, _, _, amount, currency in await _turnover(traded, by="category", origin="platform")
    }
    assert {(None, "EUR"): "0.20", ("c1", "EUR"): "0.20", ("c1", "GBP"): "7.00"} == after


async def test_by_product_and_by_channel(traded: Office) -> None:
    assert [
        ("p1", "P1", "platform", 1, "0.20", "EUR"),
        ("p2", "P2", "platform", 1, "0.20", "EUR"),
    ] == await _turnover(traded, by="product", currency="EUR", origin="platform")
    assert {None, "web"} == {row[0] for row in await _turnover(traded, by="channel")}


async def test_by_order_each_has_its_number_and_every_grouping_counts_lines(traded: Office) -> None:
    assert [
        ("o2", "K-o2", "erp", 1, "1000000000.01", "EUR"),
        ("o3", "K-o3", "platform", 1, "7.00", "GBP"),
        ("o1", "K-o1", "platform", 1, "0.40", "EUR"),
    ] == await _turnover(traded, by="order")
    rows = await traded.items("turnover", by="order")
    assert [("o2", 1), ("o3", 1), ("o1", 3)] == [(row["key"], row["lines"]) for row in rows]


async def test_quantities_are_added_up_by_unit_and_never_across_units(office: Office) -> None:
    bought = order("o9", [("p1", "1"), ("p1", "2"), ("p2", "3")])
    for line, (unit, quantity) in zip(
        bought["lines"], [("ST", "1.25"), ("BOX", "2"), ("ST", "3.5")], strict=True
    ):
        line |= {"unit": unit, "quantity": quantity}
    await tell(office.wiring.database, "orders.order", bought)
    expected = {
        "day": {"2026-03-01": [("BOX", "2"), ("ST", "4.75")]},
        "order": {"o9": [("BOX", "2"), ("ST", "4.75")]},
        "product": {"p1": [("BOX", "2"), ("ST", "1.25")], "p2": [("ST", "3.5")]},
        "category": {None: [("BOX", "2"), ("ST", "4.75")]},
    }
    for by, found in expected.items():
        rows = await office.items("turnover", by=by)
        assert found == {
            row["key"]: [(entry["unit"], entry["quantity"]) for entry in row["quantities"]] for row in rows
        }


@pytest.mark.parametrize("by", ["day", "account", "product", "category", "channel", "order"])
async def test_page_by_page_is_the_whole_list(traded: Office, by: str) -> None:
    assert await _turnover(traded, by=by) == await _turnover(traded, by=by, limit=1)


async def test_every_grouping_but_category_adds_up_to_the_same(traded: Office) -> None:
    sums = {
        sum(Decimal(str(row[4])) for row in await _turnover(traded, by=by, currency="EUR"))
        for by in ("day", "account", "product", "channel", "order")
    }
    assert {Decimal("1000000000.41")} == sums


async def test_the_period_narrows_and_a_wrong_one_is_refused(traded: Office) -> None:
    assert ["2025-01-01"] == [
        row[0] for row in await _turnover(traded, **{"from": "2025-01-01", "to": "2025-01-31"})
    ]
    for period in ({"from": "2026-03-02", "to": "2026-03-01"}, {"from": "0001-01-01"}, {"to": "9999-12-31"}):
        answer = await traded.ask("turnover", **period)
        assert (422, "period_invalid") == (answer.status_code, answer.json()["code"])


async def test_an_order_told_again_counts_once_and_an_older_state_changes_nothing(traded: Office) -> None:
    database = traded.wiring.database
    await tell(database, "orders.order", ORDERS[0], version=2)
    await tell(database, "orders.order", order("o1", [("p1", "500")]), version=1)
    before = await _turnover(traded, by="product", origin="platform")
    await tell(database, "orders.order", ORDERS[0], version=2)
    assert before == await _turnover(traded, by="product", origin="platform")
    assert ("p1", "P1", "platform", 1, "0.20", "EUR") in before
    await tell(database, "orders.order", ORDERS[0], version=3, deleted=True)
    assert [("2026-03-02", None, "platform", 1, "7.00", "GBP")] == await _turnover(traded, origin="platform")


async def test_figures_are_for_staff_who_may_read_them(office: Office) -> None:
    for headers, status in (
        ({}, 401),
        ({"Authorization": f"Bearer {token(office.clock, 'orders:read_all')}"}, 403),
        ({"Authorization": f"Bearer {token(office.clock, 'analytics:read', caller=Caller.USER)}"}, 403),
    ):
        for path in ("turnover", "account-activity", "searches", "completeness", "feeds", "exports"):
            answer = await office.http.get(f"/admin/v1/analytics/{path}", headers=headers)
            assert status == answer.status_code
