"""A directory is read as it is, and one of another shape is refused in words."""

import gzip
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.acceptance import source_sums
from tests.acceptance.apart import apart_of, rounding
from tests.acceptance.manners import Manner, agreed, plays_of
from tests.acceptance.trade import Trade, WrongShapeError

FILES = {
    "erp_products": (
        "stock_code,kind,description\n"
        "85123A,product,HEART\n85123a,product,\nPADS,product_other,PADS\nPOST,charge,POSTAGE\n"
    ),
    "erp_customers": "customer_id,country\n17850,United Kingdom\n12583,France\n",
    "erp_customer_prices": (
        "customer_id,stock_code,valid_from,valid_to,min_quantity,unit_price\n"
        "17850,85123A,2010-12-01,2010-12-01,1,2.95\n17850,85123A,2010-12-01,,6,2.55\n"
        "17850,85123a,2010-12-01,,1,1.25\n12583,PADS,2010-12-02,,1,0.001\n"
    ),
    "transactions": (
        "invoice,line_no,stock_code,quantity,invoice_date,unit_price,customer_id\n"
        "1,1,85123A,6,2010-12-01T08:26:00,2.55,17850\n1,2,85123A,6,2010-12-01T08:26:00,2.55,17850\n"
        "1,3,85123a,6,2010-12-01T08:26:00,1.25,17850\n1,4,POST,1,2010-12-01T08:26:00,18.00,17850\n"
        "2,1,85123A,1,2010-12-01T09:00:00,0.00,17850\n2,2,85123A,6,2010-12-01T09:00:00,2.55,17850\n"
        "2,3,85123A,6,2010-12-01T09:00:00,2.10,17850\n"
        "3,1,PADS,7,2010-12-02T09:00:00,0.001,12583\n4,1,PADS,2,2010-12-02T09:10:00,0.50,\n"
        "C5,1,85123A,-6,2010-12-01T10:00:00,2.55,17850\n"
    ),
    "price_exceptions": "invoice,line_no\n2,3\n",
}


def _folder(tmp_path: Path, **changed: str | None) -> Path:
    for name, text in (FILES | changed).items():
        if text is not None:
            (tmp_path / f"{name}.csv.gz").write_bytes(gzip.compress(text.encode()))
    return tmp_path


def test_documents_are_what_the_source_says_and_charges_credits_and_unknown_customers_are_apart(
    tmp_path: Path,
) -> None:
    trade = Trade.read(_folder(tmp_path))
    assert [date(2010, 12, 1)] == trade.busiest_days(1)
    assert ["1", "2"] == [order.invoice for order in trade.orders_of(date(2010, 12, 1))]
    assert [Decimal("38.10"), Decimal("27.90"), Decimal("0.01")] == [
        order.total for order in trade.documents if order.is_playable
    ]
    assert {"85123A", "85123a", "PADS"} == {product.sku for product in trade.products}
    plays = [
        play
        for day in trade.busiest_days(2)
        for play in plays_of(trade.orders_of(day), trade.price_list(day), 1)
    ]
    found, differences = apart_of(trade, trade.busiest_days(2), plays)
    assert [] == differences
    assert {
        "charges to known customers": Decimal("18.00"),
        "orders without a known customer": Decimal("1.00"),
        "credit notes and adjustments": Decimal("-15.30"),
        "one product and quantity at two prices": Decimal("12.60"),
    } == {amount.name: amount.exact for amount in found if amount.lines}
    assert Decimal("0.003") == rounding(plays)


def test_what_was_not_paid_at_the_list_price_is_agreed_for_its_order_and_taken_back(tmp_path: Path) -> None:
    trade = Trade.read(_folder(tmp_path))
    day = date(2010, 12, 1)
    plays = {play.document.invoice: play for play in plays_of(trade.orders_of(day), trade.price_list(day), 1)}
    assert Manner.AGREED is not plays["1"].manner
    assert Manner.AGREED is plays["2"].manner
    assert [("2", "3")] == [line.place for line in plays["2"].left_out]
    before, after = agreed(plays["2"].document, trade.price_list(day))
    assert {(Decimal(1), Decimal(0)), (Decimal(6), Decimal("2.55"))} == {
        (move.min_quantity, move.price) for move in before
    }
    assert {(Decimal(1), Decimal("2.95")), (Decimal(6), Decimal("2.55"))} == {
        (move.min_quantity, move.price) for move in after
    }


def test_a_price_ends_after_its_last_day(tmp_path: Path) -> None:
    trade = Trade.read(_folder(tmp_path))
    rungs = [
        sorted(trade.price_list(day).rungs("17850", "85123A"))
        for day in (date(2010, 12, 1), date(2010, 12, 2))
    ]
    assert [[Decimal(1), Decimal(6)], [Decimal(6)]] == rungs


def test_sums_of_the_source_that_differ_from_its_documents_are_differences(tmp_path: Path) -> None:
    right = "stock_code,lines,units,amount_exact\n85123A,6,19,43.20\n85123a,1,6,7.50\nPADS,2,9,1.007\n"
    trade = Trade.read(_folder(tmp_path, expected_product=f"{right}POST,1,1,18.00\n"))
    assert ({"expected_product": 4}, []) == source_sums.compare(trade)
    trade = Trade.read(_folder(tmp_path, expected_product=f"{right}POST,1,1,18.01\n"))
    assert ["expected_product POST: amount_exact 18.01, read as 18.00"] == source_sums.compare(trade)[1]
    trade = Trade.read(_folder(tmp_path, expected_product=right))
    assert ["expected_product does not have POST"] == source_sums.compare(trade)[1]


def test_files_that_are_optional_may_be_missing(tmp_path: Path) -> None:
    trade = Trade.read(_folder(tmp_path, price_exceptions=None))
    assert frozenset() == trade.exceptions
    assert ({}, []) == source_sums.compare(trade)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"transactions": None}, "has no transactions.csv.gz"),
        ({"erp_customers": "customer_id\n1\n"}, "has no column country"),
        ({"erp_customers": "customer_id,country\n1,FR\n1,UK\n"}, "names '1' twice"),
        (
            {"erp_products": "stock_code,kind,description\nPADS,product,\n"},
            "which erp_products does not have",
        ),
        (
            {"transactions": FILES["transactions"] + "1,9,PADS,1,2010-12-01T08:26:00,1,12583\n"},
            "document 1 of two customers",
        ),
        (
            {"transactions": FILES["transactions"] + "6,1,PADS,one,2010-12-01T08:26:00,1,12583\n"},
            "transactions, line 12",
        ),
    ],
)
def test_another_shape_is_refused_and_says_why(
    tmp_path: Path, changed: dict[str, str | None], says: str
) -> None:
    with pytest.raises(WrongShapeError, match=says):
        Trade.read(_folder(tmp_path, **changed))


def test_a_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongShapeError, match="There is no directory"):
        Trade.read(tmp_path / "absent")
