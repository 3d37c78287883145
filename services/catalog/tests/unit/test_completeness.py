"""How complete a product is."""

from hypothesis import given
from hypothesis import strategies as st

from catalog.families.models import Requirement, completeness

FIELDS = st.sampled_from(["title", "image", "watt"])
LOCALES = st.sampled_from(["", "en", "nl"])
REQUIREMENTS = st.lists(
    st.builds(Requirement, channel=st.sampled_from(["shop", "print"]), locale=LOCALES, field=FIELDS),
    unique=True,
)
FILLED = st.frozensets(st.tuples(FIELDS, LOCALES))


@given(REQUIREMENTS, FILLED)
def test_a_hundred_percent_means_nothing_is_missing(
    requirements: list[Requirement], filled: frozenset[tuple[str, str]]
) -> None:
    for found in completeness(requirements, filled).values():
        assert (found.percent == 100) == (found.missing == ())


@given(REQUIREMENTS, FILLED, FIELDS, LOCALES)
def test_filling_something_in_never_makes_it_less_complete(
    requirements: list[Requirement], filled: frozenset[tuple[str, str]], field: str, locale: str
) -> None:
    before, after = completeness(requirements, filled), completeness(requirements, filled | {(field, locale)})
    assert all(after[channel].percent >= before[channel].percent for channel in before)


def test_a_demand_in_a_language_is_met_in_it_or_for_every_language_only() -> None:
    demand = [Requirement("shop", "nl", "title")]
    assert 0 == completeness(demand, frozenset({("title", "en")}))["shop"].percent
    assert 100 == completeness(demand, frozenset({("title", "nl")}))["shop"].percent
    assert 100 == completeness(demand, frozenset({("title", "")}))["shop"].percent


def test_a_demand_in_any_language_is_met_in_one() -> None:
    demand = [Requirement("shop", "", "title")]
    assert 100 == completeness(demand, frozenset({("title", "en")}))["shop"].percent


def test_no_demands_no_channels() -> None:
    assert {} == completeness([], frozenset())
