"""What a route declares: its parameters, its body, and who may call it."""

from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from chassis.security import Requires


def dependants(dependant: Dependant) -> list[Dependant]:
    """A route's parameters with those of everything it depends on."""
    found = [dependant]
    for inner in dependant.dependencies:
        found += dependants(inner)
    return found


def requirement(route: APIRoute) -> Requires | None:
    """Who may call a route, as it declares; None for everybody."""
    calls = (found.call for found in dependants(route.dependant))
    return next((call for call in calls if isinstance(call, Requires)), None)


def query_names(route: APIRoute) -> frozenset[str]:
    """Every parameter a route takes in the query; where a model stands for many, its fields."""
    found: set[str] = set()
    for field in (field for one in dependants(route.dependant) for field in one.query_params):
        model = field.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            found.update(inner.alias or name for name, inner in model.model_fields.items())
        else:
            found.add(field.alias)
    return frozenset(found)


def described_body(route: APIRoute) -> dict[str, Any]:
    """The kinds of body of a route that reads it by itself, as its `openapi_extra` says them."""
    content: dict[str, Any] = (route.openapi_extra or {}).get("requestBody", {}).get("content", {})
    return content


def takes_json(route: APIRoute) -> bool:
    """Whether a route reads a JSON body, be it by a model or by itself."""
    if route.body_field is None:
        return "application/json" in described_body(route)
    return type(route.body_field.field_info).__name__ != "Form"
