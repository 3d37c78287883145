"""What a route declares: its parameters, and who may call it."""

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

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
