"""What FastAPI calls for a request runs in the event loop: a plain function would wait for a thread."""

import importlib
import inspect
from collections.abc import Iterator

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from chassis.declared import dependants
from local_stack.topology import SERVICES, Service


def routes_of(service: Service) -> Iterator[APIRoute]:
    """Every route a service declares."""
    routers: tuple[APIRouter, ...] = importlib.import_module(f"{service.name}.api").ROUTERS
    for router in routers:
        yield from (route for route in router.routes if isinstance(route, APIRoute))


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_nothing_a_route_depends_on_runs_in_a_thread(service: Service) -> None:
    calls = {found.call for route in routes_of(service) for found in dependants(route.dependant)}
    assert calls
    plain = {
        call
        for call in calls
        if not inspect.iscoroutinefunction(call)
        and not inspect.iscoroutinefunction(getattr(call, "__call__", None))  # noqa: B004 - an object may be one
    }
    assert set() == plain
