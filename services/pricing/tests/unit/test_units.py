"""Prices and breaks across units: exact, and the ordered unit first."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from chassis.money import line_amount
from pricing.prices.models import Policy, Status
from pricing.prices.resolution import explain, resolve
from services.pricing.tests.support.prices import a_product, a_row, a_wish

BOXED = a_product({"BOX": "12", "TRAY": "18"})


def test_a_price_per_piece_becomes_a_price_per_box() -> None:
    found = resolve([a_row("piece", "0.5")], BOXED, a_wish("1", "BOX"), Policy())
    assert (Decimal(6), Decimal(1), "BOX") == (found.net_price, found.base_quantity, found.unit)


def test_a_price_per_box_stays_exact_per_piece_by_its_base_quantity() -> None:
    found = resolve([a_row("box", "10", unit="BOX")], BOXED, a_wish("3", "PCE"), Policy())
    assert (Decimal(10), Decimal(12)) == (found.net_price, found.base_quantity)


def test_a_price_per_hundred_keeps_its_base_quantity() -> None:
    found = resolve([a_row("hundred", "1.7", base_quantity="100")], BOXED, a_wish("1", "PCE"), Policy())
    assert (Decimal("1.7"), Decimal(100)) == (found.net_price, found.base_quantity)


def test_a_row_in_the_ordered_unit_beats_one_that_needs_conversion() -> None:
    rows = [a_row("piece", "1"), a_row("box", "13", unit="BOX")]
    found, verdicts = explain(rows, BOXED, a_wish("1", "BOX"), Policy())
    assert Decimal(13) == found.net_price
    assert {"piece": "other_unit", "box": "won"} == {
        name: verdict.value for name, verdict in verdicts.items()
    }


def test_breaks_compare_in_base_units() -> None:
    rows = [a_row("few", "1"), a_row("many", "0.9", min_quantity="24")]
    two_boxes = resolve(rows, BOXED, a_wish("2", "BOX"), Policy())
    one_box = resolve(rows, BOXED, a_wish("1", "BOX"), Policy())
    assert (Decimal("10.8"), Decimal(12)) == (two_boxes.net_price, one_box.net_price)
    assert [Decimal(0), Decimal(2)] == [entry.min_quantity for entry in two_boxes.breaks]


def test_a_box_of_another_product_may_hold_another_number() -> None:
    bigger = a_product({"BOX": "48"})
    found = resolve([a_row("piece", "0.5")], bigger, a_wish("1", "BOX"), Policy())
    assert Decimal(24) == found.net_price


def test_a_unit_the_product_does_not_have_is_no_price() -> None:
    found, verdicts = explain([a_row("pallet", "9", unit="PAL")], BOXED, a_wish("1", "PCE"), Policy())
    assert (Status.ON_REQUEST, ["unit_not_convertible"]) == (found.status, list(verdicts.values()))
    assert Status.ON_REQUEST == resolve([a_row("piece", "9")], BOXED, a_wish("1", "PAL"), Policy()).status


PRICES = st.decimals(min_value=0, max_value=10_000, places=4)
COUNTS = st.integers(min_value=1, max_value=500)


@given(price=PRICES, quantity=COUNTS, box=st.integers(min_value=2, max_value=144), per=st.integers(1, 1000))
def test_any_unit_gives_the_amount_of_the_row_itself(
    price: Decimal, quantity: int, box: int, per: int
) -> None:
    product = a_product({"BOX": str(box)})
    amounts = set()
    for priced_in in ("PCE", "BOX"):
        factor = box if priced_in == "BOX" else 1
        row = a_row("row", str(price), unit=priced_in, base_quantity=str(per))
        for ordered_in, count in (("PCE", quantity * box), ("BOX", quantity)):
            found = resolve([row], product, a_wish(str(count), ordered_in), Policy())
            assert found.net_price is not None
            assert found.base_quantity is not None
            amount = line_amount(Decimal(count), found.net_price, found.base_quantity, "GBP")
            amounts.add((priced_in, amount))
            expected = line_amount(Decimal(quantity * box), price, Decimal(per * factor), "GBP")
            assert expected == amount
    assert {"PCE", "BOX"} == {unit for unit, _ in amounts}


@given(
    breaks=st.dictionaries(st.integers(1, 200), PRICES, min_size=1, max_size=8),
    quantity=st.integers(1, 250),
)
def test_the_ladder_says_the_price_of_every_quantity(breaks: dict[int, Decimal], quantity: int) -> None:
    rows = [a_row(str(least), str(price), min_quantity=str(least)) for least, price in breaks.items()]
    found = resolve(rows, a_product(), a_wish(str(quantity)), Policy())
    steps = [entry.net_price for entry in found.breaks if entry.min_quantity <= quantity]
    assert (steps[-1] if steps else None) == found.net_price
    reached = [least for least in breaks if least <= quantity]
    assert (breaks[max(reached)] if reached else None) == found.net_price
