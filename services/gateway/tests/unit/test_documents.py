"""The pages made from contracts."""

from gateway.documents.reading import library_of, prose, shape
from services.gateway.tests.support.contracts import documents


def test_text_of_a_contract_is_escaped_wherever_it_stands() -> None:
    contracts = documents()
    login = contracts["channel"]["paths"]["/v1/login"]["post"]
    login["summary"] = "<script>alert(1)</script>"
    login["responses"]["404"]["description"] = "`not_found`: <b>gone</b>"
    library = library_of(contracts)
    for text in (*library.pages.values(), *library.problems.values()):
        assert "<script" not in text
        assert "<b>" not in text


def test_a_problem_page_names_the_operations_that_answer_it() -> None:
    page = library_of(documents()).problems["product_not_found"]
    assert "GET /v1/products/{product_id}" in page
    assert "status 404" in page


def test_shapes_are_said_in_words_with_links_to_the_named_parts() -> None:
    schema = {"anyOf": [{"type": "array", "items": {"$ref": "#/components/schemas/Price"}}, {"type": "null"}]}
    assert 'list of <a href="#schema-Price">Price</a> or null' == str(shape(schema))
    assert "<code>a</code> | <code>b</code>" == str(shape({"enum": ["a", "b"]}))
    assert "string (date-time)" == str(shape({"type": "string", "format": "date-time"}))


def test_names_in_backticks_are_shown_as_code_and_everything_else_as_text() -> None:
    assert "<code>next_cursor</code> &amp; &lt;i&gt;" == str(prose("`next_cursor` & <i>"))
    assert "" == str(prose(None))
