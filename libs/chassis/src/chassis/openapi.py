"""The OpenAPI 3.1 document of a service: permissions and problem codes said at every operation."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic.json_schema import models_json_schema

from chassis.declared import dependants, described_body, requirement, takes_json
from chassis.etag import if_match
from chassis.failures import (
    BodyTooSlow,
    Denied,
    Failure,
    Invalid,
    Limited,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
)
from chassis.pages import CursorInvalid, paging
from chassis.problems import MalformedJson
from chassis.repeatable import (
    HEADER,
    LONGEST_KEY,
    IdempotencyInFlight,
    IdempotencyKeyRequired,
    IdempotencyKeyReused,
    ReplayUnavailable,
    accepts_key,
)
from chassis.routing import ProblemDocument
from chassis.security import Requires

_PROBLEM_SCHEMA = {"$ref": "#/components/schemas/ProblemDocument"}
_KEY_PARAMETER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
    "description": "Under the same key this is done once; its answer is given again for 24 hours.",
}
# Read as optional, so that its absence has a code of its own.
_DEMANDED_KEY_PARAMETER = {
    **_KEY_PARAMETER,
    "required": True,
    "description": "Under the same key this is done once; its answer is given again for ever.",
}


def _implied(route: APIRoute) -> list[type[Failure]]:
    """Failures that follow from an operation's shape."""
    # Every query may have a parameter that is none.
    failures: list[type[Failure]] = [Unavailable, Limited, Invalid]
    calls = [found.call for found in dependants(route.dependant)]
    if any(isinstance(call, Requires) for call in calls):
        failures += [Unauthenticated, Denied]
    if if_match in calls:
        failures += [PreconditionFailed, PreconditionRequired]
    if accepts_key(route):
        failures += [IdempotencyKeyReused, IdempotencyInFlight, ReplayUnavailable]
    if "{" in route.path:
        failures.append(NotFound)
    if paging in calls:
        failures.append(CursorInvalid)
    if route.body_field is not None or takes_json(route):
        failures.append(MalformedJson)
    if route.body_field is not None or described_body(route):
        failures += [TooLarge, BodyTooSlow, UnsupportedMedia]
    return failures


def _titles(failure: type[Failure]) -> dict[str, str]:
    """The title of every code there is."""
    titles = {failure.code: failure.title}
    for kind in failure.__subclasses__():
        titles |= _titles(kind)
    return titles


def _annotate(operation: dict[str, Any], route: APIRoute) -> None:
    responses = operation["responses"]
    codes: dict[int, set[str]] = {}
    for failure in _implied(route):
        codes.setdefault(failure.status, set()).add(failure.code)
    for status, entry in responses.items():
        if "x-problem-codes" in entry:
            codes.setdefault(int(status), set()).update(entry["x-problem-codes"])
    titles = _titles(Failure)
    for status, found in codes.items():
        responses[str(status)] = {
            "description": "; ".join(f"`{code}`: {titles[code]}" for code in sorted(found)),
            "content": {"application/problem+json": {"schema": _PROBLEM_SCHEMA}},
            "x-problem-codes": sorted(found),
        }
    if "HTTPValidationError" in str(responses.get("422", "")):
        responses.pop("422")
    operation["responses"] = {key: responses[key] for key in sorted(responses)}
    if accepts_key(route):
        operation.setdefault("parameters", []).append(_KEY_PARAMETER)
    if IdempotencyKeyRequired.code in codes.get(IdempotencyKeyRequired.status, ()):
        others = [each for each in operation["parameters"] if each["name"] != HEADER]
        operation["parameters"] = [*others, _DEMANDED_KEY_PARAMETER]
    needed = requirement(route)
    if needed is not None:
        operation["security"] = [{"bearer": []}]
        operation["x-callers"] = sorted(caller.value for caller in needed.callers)
        operation["x-permissions"] = list(needed.permissions)


def api_routes(app: FastAPI) -> list[APIRoute]:
    """Every operation's route; `app.routes` itself keeps included routers whole."""
    found = [context.original_route for context in iter_route_contexts(app.routes)]
    return [route for route in found if isinstance(route, APIRoute)]


def _require_reachable(routes: Sequence[APIRoute]) -> None:
    """Raises ValueError for an operation that no request comes to: the first route that matches answers."""
    for number, route in enumerate(routes):
        for earlier in routes[:number]:
            same = set(earlier.methods or ()) & set(route.methods or ())
            if same and earlier.path_regex.match(route.path_format):
                raise ValueError(f"{route.path_format} is hidden behind {earlier.path_format}")


def service_document(app: FastAPI, title: str, version: str = "1") -> dict[str, Any]:
    """The whole OpenAPI document of an app, internal paths included. Raises ValueError for a hidden one."""
    _require_reachable(api_routes(app))
    body = get_openapi(title=title, version=version, routes=app.routes)
    for route in api_routes(app):
        if not route.include_in_schema:
            continue
        for method in route.methods or ():
            operation = body["paths"][route.path_format][method.lower()]
            _annotate(operation, route)
    components = body.setdefault("components", {})
    components.setdefault("securitySchemes", {})["bearer"] = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
    }
    # Every operation's problems refer to it, also where no route names a failure of its own.
    _, definitions = models_json_schema(
        [(ProblemDocument, "serialization")], ref_template="#/components/schemas/{model}"
    )
    components.setdefault("schemas", {}).update(definitions["$defs"])
    for unwanted in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unwanted, None)
    return body
