"""The reconciliation sees whatever a side does wrong: each tampering ends in a difference and exit code 1."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance import answers
from tests.acceptance.books import Books
from tests.acceptance.figures import erp_side
from tests.acceptance.reconciliation import (
    CUSTOMER,
    ORDER,
    PRODUCT,
    OrderLine,
    PlayedOrder,
    Reconciliation,
    Side,
    Tally,
    answer_differences,
    reconcile,
    tallies_of,
)
from tests.acceptance.report import Report

CENT = Decimal("0.01")
PLAYED = (
    PlayedOrder(
        "1",
        "A",
        (
            OrderLine("10002", Decimal(12), Decimal("10.20")),
            OrderLine("85123a", Decimal(6), Decimal("15.30")),
            OrderLine("85123A", Decimal(6), Decimal("15.30")),
            OrderLine("85123A", Decimal(6), Decimal("15.30")),
        ),
    ),
    PlayedOrder("2", "A", (OrderLine("10002", Decimal(1), Decimal("0.85")),)),
    PlayedOrder("3", "B", (OrderLine("PADS", Decimal(3), Decimal("0.00")),)),
)
Orders = tuple[PlayedOrder, ...]


def _sides(erp: Orders = PLAYED) -> list[Side]:
    analytics = Side("analytics", tallies_of(PLAYED))
    return [Side.of_orders("order service", PLAYED), Side.of_orders("ERP", erp), analytics]


def _report(reconciliation: Reconciliation) -> Report:
    return Report(
        "a trade", reconciliation=reconciliation, sides=[Side.of_orders("source", PLAYED), *_sides()]
    )


def _reconciled(sides: list[Side]) -> Report:
    return _report(reconcile(Side.of_orders("source", PLAYED), sides))


def test_four_sides_that_say_the_same_have_no_difference() -> None:
    report = _reconciled(_sides())
    assert (0, []) == (report.exit_code, report.differences)
    assert {ORDER: 3, CUSTOMER: 2, PRODUCT: 4} == report.reconciliation.compared
    assert "0 differences" in report.table()


def _drops_a_line(orders: Orders) -> Orders:
    return (replace(orders[0], lines=orders[0].lines[1:]), *orders[1:])


def _drops_one_of_two_equal_lines(orders: Orders) -> Orders:
    return (replace(orders[0], lines=orders[0].lines[:-1]), *orders[1:])


def _books_twice(orders: Orders) -> Orders:
    return (*orders, orders[1])


def _loses_an_order(orders: Orders) -> Orders:
    return orders[:-1]


def _books_for_another_customer(orders: Orders) -> Orders:
    return (*orders[:-1], replace(orders[-1], customer="A"))


def _folds_letter_case(orders: Orders) -> Orders:
    lines = tuple(replace(line, sku=line.sku.upper()) for line in orders[0].lines)
    return (replace(orders[0], lines=lines), *orders[1:])


def _moves_a_cent_between_lines(orders: Orders) -> Orders:
    first, second, *others = orders[0].lines
    lines = (
        replace(first, amount=first.amount + CENT),
        replace(second, amount=second.amount - CENT),
        *others,
    )
    return (replace(orders[0], lines=lines), *orders[1:])


def _adds_an_order(orders: Orders) -> Orders:
    return (*orders, replace(orders[2], reference="4"))


@pytest.mark.parametrize(
    "tampers",
    [
        _drops_a_line,
        _drops_one_of_two_equal_lines,
        _books_twice,
        _loses_an_order,
        _books_for_another_customer,
        _folds_letter_case,
        _moves_a_cent_between_lines,
        _adds_an_order,
    ],
)
def test_an_erp_that_tampers_is_found_out(tampers: Callable[[Orders], Orders]) -> None:
    report = _reconciled(_sides(erp=tampers(PLAYED)))
    assert 1 == report.exit_code
    assert all("ERP" in text for text in report.differences)


@pytest.mark.parametrize(
    ("level", "key", "change"),
    [
        (CUSTOMER, "A", Tally(money=CENT)),
        (CUSTOMER, "A", Tally(orders=1)),
        (PRODUCT, "85123a", Tally(lines=-1)),
        (PRODUCT, "PADS", Tally(units=Decimal("0.5"))),
        (ORDER, "2", Tally(money=-CENT)),
        (ORDER, "4", Tally(orders=1)),
    ],
)
def test_one_figure_of_analytics_that_is_off_is_found_out(level: str, key: str, change: Tally) -> None:
    tallies: Any = tallies_of(PLAYED)
    tallies[level][key] = tallies[level].get(key, Tally()) + change
    report = _reconciled([*_sides()[:2], Side("analytics", tallies)])
    assert 1 == report.exit_code
    [text] = report.differences
    assert text.startswith(f"{level} {key}: source ")


def test_any_check_that_found_something_makes_the_run_fail() -> None:
    report = _reconciled(_sides())
    report.checks["exports acknowledged"] = ("3", ["exports are {'DEAD': 1}"])
    assert 1 == report.exit_code


def _order(number: str) -> dict[str, Any]:
    lines = [
        {"line_number": line, "external_id": f"P{line}", "quantity": "5", "line_amount": "1.00"}
        for line in range(1, 60)
    ]
    return {
        "order_number": number,
        "customer_reference": number,
        "account_external_id": "A",
        "lines": lines,
    } | {"ordered_at": "2026-03-01T10:00:00Z"}


def test_books_that_deduplicate_hold_an_order_once_and_those_that_do_not_are_found_out(
    tmp_path: Path,
) -> None:
    for name, deduplicates in (("careful", True), ("careless", False)):
        books = Books(tmp_path / name, deduplicates=deduplicates)
        numbers = [books.book(_order("SO-1")), books.book(_order("SO-1"))]
        once = erp_side([booking for booking in books.all() if booking.number == 1])
        differences = reconcile(once, [erp_side(books.all())]).count
        assert (deduplicates, deduplicates) == (differences == 0, len(set(numbers)) == 1)


def test_an_order_that_is_booked_and_not_acknowledged_is_not_answered(tmp_path: Path) -> None:
    books = Books(tmp_path / "books")
    number = books.book(_order("SO-1"))
    assert [] == books.unanswered()
    books.acknowledged(number)
    [booking] = books.unanswered()
    books.answered(booking)
    assert ([], (1, 1)) == (books.unanswered(), books.counts())


def test_an_answer_that_is_not_shown_or_not_the_newest_is_found_out() -> None:
    order = _order("SO-1")
    sent = {"SO-1": answers.newest(order)}
    assert {"confirmed", "back_ordered", "cancelled", "substituted"} == {kind for _, kind in sent["SO-1"]}
    assert [] == answer_differences(sent, sent)
    [place, *_] = sent["SO-1"]
    lost = {"SO-1": {key: fact for key, fact in sent["SO-1"].items() if key != place}}
    older = {"SO-1": sent["SO-1"] | {place: (Decimal(1), None)}}
    for shown in (lost, older, {}):
        assert 1 == len(answer_differences(sent, shown))
