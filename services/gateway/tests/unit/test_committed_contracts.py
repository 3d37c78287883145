"""The contracts as they are committed make a table of routes and readable pages."""

from pathlib import Path

from gateway.documents.reading import library_of
from gateway.passing.table import Load, read_contracts, table_of

CONTRACTS = Path(__file__).parents[4] / "contracts"


def test_every_operation_has_a_service_and_uploads_are_known() -> None:
    table = table_of(read_contracts(CONTRACTS))
    assert {"accounts", "catalog", "pricing", "order_export", "analytics"} == {
        operation.service for operation in table.operations
    }
    uploads = {operation.path for operation in table.operations if operation.load is Load.IMPORT}
    assert {"/integration/v1/products/imports", "/integration/v1/prices/imports"} <= uploads


def test_nothing_internal_is_published_and_only_log_ins_and_their_like_are_public() -> None:
    table = table_of(read_contracts(CONTRACTS))
    assert [] == [operation.path for operation in table.operations if operation.path.startswith("/internal")]
    assert table.tries_secrets("POST", "/v1/login")
    assert not table.find("POST", "/v1/orders").public


def test_every_operation_stands_on_its_page() -> None:
    documents = read_contracts(CONTRACTS)
    library = library_of(documents)
    for surface, document in documents.items():
        for path in document["paths"]:
            assert f"<code>{path}</code>" in library.pages[surface]
