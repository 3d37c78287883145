"""The contract states permissions and every problem code at every operation."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from chassis.openapi import service_document
from chassis.routing import router


async def _operation(client: httpx.AsyncClient, path: str, method: str) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get("/internal/openapi.json")).json()["paths"][path][method]
    return found


async def test_an_operation_states_who_may_call_it(client: httpx.AsyncClient) -> None:
    found = await _operation(client, "/admin/v1/things/{thing_id}", "put")
    assert (["staff"], ["things:write", "things:own"]) == (found["x-callers"], found["x-permissions"])
    assert [{"bearer": []}] == found["security"]


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        ("/v1/things", "post", {"200", "400", "408", "413", "415", "422", "429", "503"}),
        ("/v1/things", "get", {"200", "400", "422", "429", "503"}),
        ("/v1/things/{thing_id}", "get", {"200", "404", "422", "429", "503"}),
        ("/v1/me", "get", {"200", "401", "403", "422", "429", "503"}),
        (
            "/admin/v1/things/{thing_id}",
            "put",
            {"200", "401", "403", "404", "409", "412", "422", "428", "429", "503"},
        ),
    ],
)
async def test_an_operation_states_every_answer(
    client: httpx.AsyncClient, path: str, method: str, statuses: set[str]
) -> None:
    responses = (await _operation(client, path, method))["responses"]
    assert statuses == set(responses)
    for status in statuses - {"200"}:
        assert responses[status]["x-problem-codes"]
        assert ["application/problem+json"] == list(responses[status]["content"])


async def test_a_code_declared_by_the_route_stands_beside_the_implied_ones(client: httpx.AsyncClient) -> None:
    found = await _operation(client, "/admin/v1/things/{thing_id}", "put")
    assert ["conflict"] == found["responses"]["409"]["x-problem-codes"]


async def test_every_reference_leads_somewhere(client: httpx.AsyncClient) -> None:
    document = (await client.get("/internal/openapi.json")).json()
    schemas = document["components"]["schemas"]
    wanted = {
        part.split('"')[0] for part in str(document).replace("'", '"').split("#/components/schemas/")[1:]
    }
    assert wanted <= set(schemas)
    assert "HTTPValidationError" not in schemas


@pytest.mark.parametrize("hidden", ["/v1/things/profiles", "/v1/things/{code}"])
def test_an_operation_that_no_request_can_come_to_is_no_contract(hidden: str) -> None:
    app, routes = FastAPI(), router("things")
    for number, path in enumerate(("/v1/things/{thing_id}", hidden)):
        routes.add_api_route(path, lambda: None, operation_id=f"operation_{number}")
    app.include_router(routes)
    with pytest.raises(ValueError, match=r"is hidden behind /v1/things/\{thing_id\}"):
        service_document(app, "things")
