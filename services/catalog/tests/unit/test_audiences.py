"""What an audience says about one product."""

from hypothesis import given
from hypothesis import strategies as st

from catalog.audiences.models import Audience, Facts, Rule, explain, is_visible
from catalog.audiences.predicate import Statement, visible

IDS = st.sampled_from([f"id{number}" for number in range(6)])
RULES = st.lists(
    st.builds(Rule, id=st.uuids().map(str), target_ids=st.frozensets(IDS, max_size=3)), max_size=3
).map(tuple)
AUDIENCES = st.builds(
    Audience, id=st.just("a"), version=st.just(1), catalogue_id=st.none() | st.just("c"),
    also=RULES, only=RULES, hide=RULES,
)  # fmt: skip
FACTS = st.builds(
    Facts, lifecycle=st.sampled_from(["active", "phase_out", "discontinued"]), placeholder=st.booleans(),
    is_charge=st.booleans(), member=st.booleans(), targets=st.frozensets(IDS),
)  # fmt: skip


@given(AUDIENCES, FACTS)
def test_the_explanation_is_the_definition(audience: Audience, facts: Facts) -> None:
    def any_matches(rules: tuple[Rule, ...]) -> bool:
        return any(rule.target_ids & facts.targets for rule in rules)

    wanted = (
        facts.lifecycle != "discontinued"
        and not facts.placeholder
        and not facts.is_charge
        and (facts.member or any_matches(audience.also))
        and all(rule.target_ids & facts.targets for rule in audience.only)
        and not any_matches(audience.hide)
    )
    assert wanted == is_visible(explain(audience, facts))


@given(AUDIENCES, FACTS)
def test_what_is_hidden_says_by_which_check(audience: Audience, facts: Facts) -> None:
    verdicts = explain(audience, facts)
    if not is_visible(verdicts):
        assert all(verdict.reason for verdict in verdicts if not verdict.passes)
        assert any(not verdict.passes for verdict in verdicts)


@given(AUDIENCES)
def test_no_value_of_an_audience_stands_in_the_statement_itself(audience: Audience) -> None:
    statement = Statement()
    condition = visible(statement, audience)
    assert "id" not in condition.replace("product_id", "").replace("catalogue_id", "")
    assert condition.count("$") == len(statement.params)


def test_an_answer_of_pricing_is_read_whole() -> None:
    entry = {"target": "brand", "id": "b", "rule_id": "r1"}
    document = {
        "audience_id": "a",
        "version": 7,
        "catalogue_id": None,
        "customer_group": "retail",
        "also": [entry],
        "only": [{"rule_id": "r2", "targets": [{"target": "product", "id": "p"}]}],
        "hide": [],
    }
    rules = (Rule("r1", frozenset({"b"})),), (Rule("r2", frozenset({"p"})),), ()
    assert Audience("a", 7, None, *rules) == Audience.read(document)
