"""The contract of the composed operations and the plain routes that serve the hot ones."""

import subprocess
import sys

from fastapi import FastAPI

from chassis.declared import requirement
from chassis.openapi import api_routes
from gateway.api import ROUTERS, contract
from gateway.products.routes import HOT, SEES_PRODUCTS


def test_every_hot_route_is_declared_with_the_same_permission() -> None:
    app = FastAPI()
    for router in ROUTERS:
        app.include_router(router)
    declared = {route.path: route for route in api_routes(app) if "GET" in (route.methods or ())}
    for hot in HOT:
        assert SEES_PRODUCTS is requirement(declared[hot.path])


def test_every_composed_operation_says_who_may_call_it_and_what_it_does() -> None:
    for path, item in contract()["paths"].items():
        for operation in item.values():
            assert operation["x-callers"], path
            assert operation["summary"], path
            assert "503" in operation["responses"], path


def test_the_gateway_loads_no_database() -> None:
    found = (
        "import sys, gateway.api; print([name for name in ('sqlalchemy', 'asyncpg') if name in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", found], capture_output=True, text=True, check=True)  # noqa: S603 - our own program
    assert "[]" == loaded.stdout.strip()
