"""Answers of the ERP merged: the same result in whatever order they came."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from order_export.responses.models import KINDS, Kind, Response, newest, status_of

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ORDERED = {1: Decimal(10), 2: Decimal(5)}


def answer(
    kind: Kind, line: int | None, quantity: int | None = None, minute: int = 0, event: str = "e"
) -> Response:
    """An answer some minutes after the start."""
    when = START + timedelta(minutes=minute)
    return Response(event, kind, when, line, None if quantity is None else Decimal(quantity))


def status(*answers: Response, in_erp: bool = True) -> str:
    """The status these answers lead to."""
    return status_of(ORDERED, newest(answers), in_erp=in_erp)


def test_cumulative_quantities_confirm_a_line_when_they_reach_what_was_ordered() -> None:
    assert "received" == status(in_erp=False)
    assert "exported" == status()
    assert "partly_confirmed" == status(answer("confirmed", 1, 10))
    assert "partly_confirmed" == status(answer("confirmed", 1, 10), answer("confirmed", 2, 4))
    assert "confirmed" == status(
        answer("confirmed", 1, 10), answer("confirmed", 2, 4), answer("cancelled", 2, 1)
    )
    assert "confirmed" == status(answer("confirmed", None))


def test_the_newest_quantity_counts_even_when_it_is_smaller() -> None:
    late, early = answer("confirmed", 1, 4, minute=9), answer("confirmed", 1, 10, minute=1)
    assert {(1, "confirmed"): late} == newest([late, early]) == newest([early, late])


def test_cancelled_and_rejected_orders_say_so() -> None:
    assert "cancelled" == status(answer("cancelled", None))
    assert "cancelled" == status(answer("cancelled", 1), answer("cancelled", 2, 5))
    assert "rejected" == status(answer("rejected", 1), answer("rejected", 2))
    assert "partly_confirmed" == status(answer("back_ordered", 1, 10))


answers = st.lists(
    st.builds(
        answer,
        st.sampled_from(KINDS),
        st.sampled_from([None, 1, 2]),
        st.one_of(st.none(), st.integers(0, 12)),
        st.integers(0, 5),
        st.uuids().map(str),
    ),
    max_size=12,
)


@given(answers=answers, random=st.randoms(use_true_random=False))
def test_the_order_of_arrival_never_matters(answers: list[Response], random: "object") -> None:
    shuffled = list(answers)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis hands over a random.Random
    assert newest(answers) == newest(shuffled)
    assert status(*answers) == status(*shuffled)
