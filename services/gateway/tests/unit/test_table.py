"""The route table: made from contracts, and narrow."""

import pytest

from chassis.failures import NotFound
from chassis.problems import MethodNotAllowed
from gateway.passing.table import Load, RouteTable, table_of
from services.gateway.tests.support.contracts import documents


@pytest.fixture(scope="module")
def table() -> RouteTable:
    return table_of(documents())


@pytest.mark.parametrize(
    ("method", "path", "service", "load"),
    [
        ("GET", "/v1/orders/018f", "order_export", Load.JSON),
        ("POST", "/integration/v1/stock", "catalog", Load.BATCH),
        ("POST", "/integration/v1/products/imports", "catalog", Load.IMPORT),
        ("POST", "/oauth/token", "accounts", Load.JSON),
        ("GET", "/.well-known/jwks.json", "accounts", Load.JSON),
    ],
)
def test_an_operation_knows_its_service_and_its_load(
    table: RouteTable, method: str, path: str, service: str, load: Load
) -> None:
    found = table.find(method, path)
    assert (service, load) == (found.service, found.load)


def test_a_fixed_segment_wins_over_a_parameter(table: RouteTable) -> None:
    assert "/v1/orders/mine" == table.find("GET", "/v1/orders/mine").path


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "v1/orders", "/v1/orders/", "//v1/orders", "/v1//orders", "/v1/./orders", "/v1/orders/..",
        "/v1/orders/.", "/v1/orders/%2e%2e", "/v1/orders/a%2fb", "/v1/orders/a\\b", "/v1/orders/a b",
        "/v1/orders/\x00", "/v1/orders/é", "/v1/orders/a;b", "/internal/v1/prices", "/v1/orders/a/b", "/v1",
    ],
)  # fmt: skip
def test_any_other_path_is_not_found(table: RouteTable, path: str) -> None:
    with pytest.raises(NotFound):
        table.find("GET", path)


def test_what_the_gateway_composes_is_not_passed(table: RouteTable) -> None:
    assert "gateway" not in {operation.service for operation in table.operations}
    with pytest.raises(NotFound):
        table.find("GET", "/v1/products")


def test_another_method_is_refused_with_those_there_are(table: RouteTable) -> None:
    with pytest.raises(MethodNotAllowed) as refused:
        table.find("DELETE", "/v1/orders")
    assert ["GET", "POST"] == refused.value.extra["allowed"]


def test_only_public_changes_try_secrets(table: RouteTable) -> None:
    asked = [
        ("POST", "/v1/login"),
        ("POST", "/oauth/token"),
        ("GET", "/.well-known/jwks.json"),
        ("POST", "/v1/orders"),
    ]
    assert [True, True, False, False] == [table.tries_secrets(*each) for each in asked]


def test_an_operation_nobody_owns_stops_the_gateway() -> None:
    contracts = documents()
    del contracts["channel"]["paths"]["/v1/orders"]["get"]["x-service"]
    with pytest.raises(ValueError, match="GET /v1/orders has no x-service"):
        table_of(contracts)


def test_an_owner_is_named_for_what_other_services_answer() -> None:
    table = table_of(documents())
    assert "order_export" == table.owner_of("POST", "/v1/orders")
    assert table.owner_of("GET", "/v1/products") is None
    assert table.is_upload("POST", "/integration/v1/products/imports")
    assert not table.is_upload("POST", "/integration/v1/stock")
