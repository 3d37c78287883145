"""Reading what callers ask for: languages, filters, search texts, attribute values."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.attributes.models import Attribute, Misfit, Option, StoredValue, fit
from catalog.browsing.filters import AttributeFilter, Span, read_filters
from catalog.browsing.locales import choose
from catalog.browsing.search import normalized_code, readings, words
from catalog.categories.models import Category
from catalog.errors import FilterInvalid

OFFERED = ("en", "nl", "de-AT")


@pytest.mark.parametrize(
    ("requested", "accepted", "chosen"),
    [
        (None, None, "en"),
        ("nl", "de", "nl"),
        ("nl-BE", None, "nl"),
        ("de", None, "de-AT"),
        ("fr", "nl", "en"),
        (None, "fr, nl;q=0.8, en;q=0.9", "en"),
        (None, "NL-be", "nl"),
        (None, "*;q=0.1, nl;q=0", "en"),
        (None, ";;;q=x,,", "en"),
    ],
)
def test_the_language_asked_for_counts_before_the_header(
    requested: str | None, accepted: str | None, chosen: str
) -> None:
    assert chosen == choose(requested, accepted, OFFERED, "en").locale


def test_texts_are_looked_for_from_the_nearest_language_to_the_erps() -> None:
    assert ("de-AT", "de", "en") == choose("de", None, OFFERED, "en").chain


@given(st.text(max_size=50))
def test_any_header_chooses_a_language_that_is_offered(accepted: str) -> None:
    assert choose(None, accepted, OFFERED, "en").locale in OFFERED


def test_filters_of_one_attribute_are_joined_and_ranges_told_from_values() -> None:
    found = read_filters(["colour:red", "length:10..20.5", "colour:blue", "length:..3", "name:a..b"])
    assert (
        AttributeFilter("colour", ("blue", "red"), ()),
        AttributeFilter("length", (), (Span(Decimal(10), Decimal("20.5")), Span(None, Decimal(3)))),
        AttributeFilter("name", ("a..b",), ()),
    ) == found


@given(st.text(max_size=40))
def test_any_text_is_a_filter_or_refused(text: str) -> None:
    try:
        (found,) = read_filters([text])
    except FilterInvalid:
        return
    assert text.startswith(found.code + ":")


@given(st.text(max_size=60))
def test_what_is_searched_for_holds_letters_and_digits_only(text: str) -> None:
    assert all(character.isalnum() for word in words(text) for character in word)
    assert all(character.isalnum() for character in normalized_code(text))


def test_neighbours_may_be_one_word() -> None:
    assert [["a", "b", "c"], ["ab", "c"], ["a", "bc"]] == readings(["a", "b", "c"])


def attribute(kind: str, *, localized: bool = False) -> Attribute:
    options = (Option("red", {}), Option("blue", {}))
    return Attribute("id", 1, "tested", {}, kind, None, localized, False, False, options)  # type: ignore[arg-type]  # noqa: FBT003 - the cases name the types; positions of a builder


@pytest.mark.parametrize(
    ("value", "kept"), [("100", "100"), ("1.50", "1.5"), ("-0", "0"), ("0.000001", "0.000001")]
)
def test_equal_numbers_are_kept_as_equal_texts(value: str, kept: str) -> None:
    assert (StoredValue(kept, Decimal(value)),) == fit(attribute("number"), "", [value])


@pytest.mark.parametrize(
    ("kind", "locale", "values", "code"),
    [
        ("text", "nl", ["x"], "wrong_locale"),
        ("text", "", ["x", "y"], "single_value"),
        ("multi_option", "", ["red", "red"], "repeated_value"),
        ("option", "", ["green"], "unknown_option"),
        ("number", "", ["1e5"], "not_a_number"),
        ("date", "", ["2026-2-3"], "not_a_date"),
    ],
)
def test_values_that_do_not_fit_say_why(kind: str, locale: str, values: list[str], code: str) -> None:
    found = fit(attribute(kind), locale, values)
    assert isinstance(found, Misfit)
    assert code == found.code


def test_descendants_follow_a_moved_category() -> None:
    top = Category("t", 1, "tree", None, "t", {}, 0, ("t",))
    before = Category("m", 1, "tree", "o", "m", {}, 0, ("o", "m"))
    child = Category("c", 1, "tree", "x", "c", {}, 0, ("o", "m", "x", "c"))
    moved = before.below(top)
    assert (("t", "m"), "t") == (moved.path, moved.parent_id)
    assert ("t", "m", "x", "c") == child.follows(moved, before).path
    assert ("m", "x", "c") == child.follows(before.below(None), before).path
