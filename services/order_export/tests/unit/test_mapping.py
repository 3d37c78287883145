"""The body an ERP wants, made from an order document by a template."""

import pytest

from order_export.connectors.mapping import MappingInvalid, check, erp_number, point, render

ORDER = {
    "order_number": "SO-1",
    "total": {"amount": "12.50"},
    "lines": [{"external_id": "A/1", "quantity": "2"}, {"external_id": "B~2", "quantity": "3"}],
}


def test_an_empty_template_is_the_document_itself() -> None:
    assert ORDER == render({}, ORDER)


def test_pointers_lists_and_constants_make_the_body() -> None:
    template = {
        "ref": {"$from": "/order_number"},
        "kind": "sale",
        "rows": {
            "$each": "/lines",
            "$as": {"sku": {"$from": "/external_id"}, "order": {"$root": "/order_number"}},
        },
        "gone": {"$from": "/nowhere/0"},
    }
    check(template)
    expected = {
        "ref": "SO-1",
        "kind": "sale",
        "rows": [{"sku": "A/1", "order": "SO-1"}, {"sku": "B~2", "order": "SO-1"}],
        "gone": None,
    }
    assert expected == render(template, ORDER)


@pytest.mark.parametrize(
    "template",
    [
        {"$from": "/a", "b": 1},
        {"$each": "/lines"},
        {"$from": "order_number"},
        {"x": [{"$nothing": "/a"}]},
        {"$from": 7},
    ],
)
def test_a_template_that_cannot_be_followed_is_refused(template: dict[str, object]) -> None:
    with pytest.raises(MappingInvalid):
        check(template)


def test_the_number_of_the_erp_is_text_or_a_whole_number() -> None:
    assert "A-7" == erp_number({"d": {"no": "A-7"}}, "/d/no")
    assert "7" == erp_number({"no": 7}, "/no")
    for wrong in (True, "", None, "x" * 65, {"a": 1}):
        assert erp_number({"no": wrong}, "/no") is None


def test_pointers_follow_their_escapes() -> None:
    assert 1 == point({"a/b": {"c~d": [0, 1]}}, "/a~1b/c~0d/1")
    assert point({"a": [1]}, "/a/x") is None
