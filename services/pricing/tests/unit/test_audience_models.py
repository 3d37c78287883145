"""Audiences: whose is whose, and what they are compiled to."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pricing.audiences.models import Grounds, Membership, compiled
from pricing.rules.models import Effect, Named, OwnerKind, Rule

USER = Membership("user", "account", "role", "catalogue", "WHOLESALE", False, False, True)  # noqa: FBT003 - flags read in one line


def a_rule(name: str, effect: Effect, kind: OwnerKind, owner: str, *targets: Named) -> Rule:
    return Rule(name, 1, effect, kind, owner, frozenset(targets))


def test_users_with_the_same_catalogue_group_and_role_share_an_audience() -> None:
    other = replace(USER, user_id="other", account_id="elsewhere")
    assert USER.grounds.id == other.grounds.id


def test_own_rules_give_an_account_and_a_user_audiences_of_their_own() -> None:
    of_account = replace(USER, account_owns_rules=True)
    of_user = replace(USER, user_owns_rules=True)
    assert 3 == len({USER.grounds.id, of_account.grounds.id, of_user.grounds.id})
    assert of_account.grounds.id == replace(of_account, user_id="colleague").grounds.id


def test_a_missing_group_is_not_a_group_with_an_empty_code() -> None:
    assert replace(USER, customer_group=None).grounds.id != replace(USER, customer_group="").grounds.id


def test_an_audience_takes_the_rules_of_its_owners_and_no_others() -> None:
    rules = [
        a_rule("1", Effect.ALSO, OwnerKind.CUSTOMER_GROUP, "WHOLESALE", ("product", "p1")),
        a_rule("2", Effect.HIDE, OwnerKind.CUSTOMER_GROUP, "RETAIL", ("product", "p2")),
        a_rule("3", Effect.ONLY, OwnerKind.ROLE, "role", ("brand", "b1"), ("category", "c1")),
        a_rule("4", Effect.HIDE, OwnerKind.ACCOUNT, "account", ("item_group", "g1")),
    ]
    expected = {
        "also": [{"target": "product", "id": "p1", "rule_id": "1"}],
        "only": [
            {"rule_id": "3", "targets": [{"target": "brand", "id": "b1"}, {"target": "category", "id": "c1"}]}
        ],
        "hide": [],
    }
    assert expected == compiled(USER.grounds, rules)
    own = compiled(replace(USER, account_owns_rules=True).grounds, rules)
    assert [{"target": "item_group", "id": "g1", "rule_id": "4"}] == own["hide"]


NAMES = st.sampled_from(["a", "b", "c"])
RULES = st.lists(
    st.builds(
        Rule,
        id=st.uuids().map(str),
        version=st.just(1),
        effect=st.sampled_from(Effect),
        owner_kind=st.sampled_from(OwnerKind),
        owner_id=NAMES,
        targets=st.frozensets(st.tuples(st.just("product"), NAMES), min_size=1),
    ),
    max_size=8,
)


@given(rules=RULES, order=st.randoms())
def test_the_order_of_rules_never_matters(rules: list[Rule], order: object) -> None:
    shuffled = list(rules)
    order.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis types its Random loosely
    grounds = Grounds("a", "a", "b", "c", None)
    assert compiled(grounds, rules) == compiled(grounds, shuffled)
