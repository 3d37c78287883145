"""Which price wins, and why the others lost."""

from datetime import date
from decimal import Decimal

from pricing.prices.models import (
    Aim,
    Break,
    Level,
    Overlap,
    Policy,
    Precedence,
    PriceRow,
    Quote,
    RowKind,
    Status,
    Verdict,
)
from pricing.prices.resolution import explain, resolve
from services.pricing.tests.support.prices import a_product, a_row, a_wish

USUAL = Policy()
LOWEST = Policy(precedence=Precedence.LOWEST)
CHEAPEST_OVERLAP = Policy(overlap=Overlap.LOWEST)


def quote(*rows: PriceRow, quantity: str = "1", policy: Policy = USUAL) -> Quote:
    return resolve(rows, a_product(), a_wish(quantity), policy)


def verdicts(*rows: PriceRow, quantity: str = "1", policy: Policy = USUAL) -> dict[str, str]:
    _, found = explain(rows, a_product(), a_wish(quantity), policy)
    return {name: verdict.value for name, verdict in found.items()}


def test_without_rows_the_price_is_on_request_and_not_zero() -> None:
    found = quote()
    assert (Status.ON_REQUEST, None) == (found.status, found.net_price)


def test_a_row_at_price_zero_is_a_price() -> None:
    found = quote(a_row("free", "0"))
    assert (Status.PRICED, Decimal(0)) == (found.status, found.net_price)


def test_the_account_beats_its_price_group_which_beats_everybody() -> None:
    everybody = a_row("everybody", "5", level=Level.ALL)
    group = a_row("group", "7", level=Level.PRICE_GROUP)
    own = a_row("own", "9")
    assert Decimal(9) == quote(everybody, group, own).net_price
    assert Decimal(7) == quote(everybody, group).net_price
    assert Decimal(5) == quote(everybody).net_price


def test_the_lowest_of_all_agreements_wins_where_the_wholesaler_says_so() -> None:
    rows = [
        a_row("own", "9"),
        a_row("group", "7", level=Level.PRICE_GROUP),
        a_row("all", "8", level=Level.ALL),
    ]
    assert Decimal(7) == quote(*rows, policy=LOWEST).net_price
    expected = {"own": "not_the_lowest", "group": "won", "all": "not_the_lowest"}
    assert expected == verdicts(*rows, policy=LOWEST)


def test_a_promotion_over_an_open_ended_price_wins_by_its_later_start() -> None:
    standing = a_row("standing", "9", valid_from=date(2026, 1, 1))
    promotion = a_row("promotion", "12", valid_from=date(2026, 5, 1), valid_to=date(2026, 5, 31))
    assert Decimal(12) == quote(standing, promotion).net_price
    assert {"standing": "earlier_valid_from", "promotion": "won"} == verdicts(standing, promotion)


def test_of_overlapping_rows_the_lowest_wins_where_the_wholesaler_says_so() -> None:
    standing = a_row("standing", "9", valid_from=date(2026, 1, 1))
    promotion = a_row("promotion", "12", valid_from=date(2026, 5, 1))
    assert Decimal(9) == quote(standing, promotion, policy=CHEAPEST_OVERLAP).net_price


def test_the_latest_start_is_taken_before_the_highest_break() -> None:
    rows = [
        a_row("old-big", "5", min_quantity="100", valid_from=date(2026, 1, 1)),
        a_row("new-small", "8", min_quantity="1", valid_from=date(2026, 5, 1)),
    ]
    assert Decimal(8) == quote(*rows, quantity="100").net_price


def test_a_later_row_that_asks_for_more_does_not_stand_in_the_way() -> None:
    rows = [
        a_row("old", "5", valid_from=date(2026, 1, 1)),
        a_row("new-big", "4", min_quantity="50", valid_from=date(2026, 5, 1)),
    ]
    assert Decimal(5) == quote(*rows, quantity="10").net_price
    assert {"old": "won", "new-big": "quantity_below_minimum"} == verdicts(*rows, quantity="10")


def test_the_highest_break_not_above_the_quantity_counts() -> None:
    rows = [a_row("one", "9"), a_row("ten", "8", min_quantity="10"), a_row("many", "7", min_quantity="100")]
    found = {
        quantity: quote(*rows, quantity=quantity).net_price for quantity in ("1", "9.5", "10", "99", "100")
    }
    expected = {"1": "9", "9.5": "9", "10": "8", "99": "8", "100": "7"}
    assert {quantity: Decimal(price) for quantity, price in expected.items()} == found


def test_breaks_show_where_the_price_changes_and_nothing_else() -> None:
    rows = [a_row("one", "9"), a_row("same", "9", min_quantity="5"), a_row("ten", "8", min_quantity="10")]
    assert (Break(Decimal(0), Decimal(9)), Break(Decimal(10), Decimal(8))) == quote(*rows).breaks


def test_below_every_break_the_price_is_on_request_and_the_breaks_say_from_when() -> None:
    found = quote(a_row("ten", "8", min_quantity="10"), quantity="9")
    assert (Status.ON_REQUEST, (Break(Decimal(10), Decimal(8)),)) == (found.status, found.breaks)


def test_another_currency_is_no_price_and_no_currency_at_all_is_none_either() -> None:
    euros = a_row("euros", "9", currency="EUR")
    assert Status.ON_REQUEST == quote(euros).status
    assert {"euros": "other_currency"} == verdicts(euros)
    assert Status.ON_REQUEST == resolve([a_row("x", "1")], a_product(), a_wish(currency=None), USUAL).status


def test_a_discount_of_the_account_takes_from_the_list_price_of_everybody() -> None:
    rows = [
        a_row("list", "12.75", level=Level.ALL, kind=RowKind.GROSS),
        a_row("own", "12.5", kind=RowKind.DISCOUNT, aim=Aim.DISCOUNT_GROUP),
    ]
    found = quote(*rows)
    assert Decimal("11.156250") == found.net_price
    assert (Decimal("12.75"), Decimal("12.5")) == (found.gross_price, found.discount_percent)
    assert ("list", "own") == (found.row and found.row.id, found.discount_row and found.discount_row.id)


def test_a_gross_price_without_a_discount_is_the_net_price() -> None:
    found = quote(a_row("list", "12.75", kind=RowKind.GROSS))
    assert (Decimal("12.75"), None) == (found.net_price, found.discount_percent)


def test_the_discount_on_the_product_beats_that_on_its_group_and_on_everything() -> None:
    rows = [
        a_row("list", "100", level=Level.ALL, kind=RowKind.GROSS),
        a_row("all", "30", kind=RowKind.DISCOUNT, aim=Aim.ALL),
        a_row("group", "20", kind=RowKind.DISCOUNT, aim=Aim.DISCOUNT_GROUP),
        a_row("product", "10", kind=RowKind.DISCOUNT, aim=Aim.PRODUCT),
    ]
    assert Decimal(90) == quote(*rows).net_price
    expected = {
        "list": "won",
        "all": "less_specific_target",
        "group": "less_specific_target",
        "product": "won",
    }
    assert expected == verdicts(*rows)


def test_a_net_price_beats_a_discount_of_the_same_agreement() -> None:
    rows = [
        a_row("list", "100", level=Level.ALL, kind=RowKind.GROSS),
        a_row("discount", "50", kind=RowKind.DISCOUNT),
        a_row("net", "80"),
    ]
    found = quote(*rows)
    assert (Decimal(80), Decimal(100), None) == (found.net_price, found.gross_price, found.discount_percent)
    expected = {"list": "less_specific_agreement", "discount": "net_price_preferred", "net": "won"}
    assert expected == verdicts(*rows)


def test_a_discount_of_the_account_beats_a_net_price_of_everybody() -> None:
    rows = [
        a_row("list", "100", level=Level.ALL, kind=RowKind.GROSS),
        a_row("net", "80", level=Level.ALL),
        a_row("discount", "10", kind=RowKind.DISCOUNT),
    ]
    assert Decimal(90) == quote(*rows).net_price
    assert Decimal(80) == quote(*rows, policy=LOWEST).net_price


def test_a_discount_without_a_gross_price_says_so() -> None:
    assert {"discount": "no_gross_price"} == verdicts(a_row("discount", "10", kind=RowKind.DISCOUNT))
    rows = [a_row("discount", "10", kind=RowKind.DISCOUNT), a_row("net", "8", level=Level.ALL)]
    assert {"discount": "no_gross_price", "net": "won"} == verdicts(*rows)


def test_the_row_received_last_wins_among_equals() -> None:
    rows = [a_row("early", "9", received=1), a_row("late", "8", received=2)]
    assert Decimal(8) == quote(*rows).net_price
    assert {"early": Verdict.RECEIVED_EARLIER, "late": Verdict.WON} == verdicts(*rows)
