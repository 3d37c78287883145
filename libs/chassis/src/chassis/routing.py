"""Routers of the three surfaces: strict JSON in, and problem codes declared per operation."""

from collections.abc import Callable, Coroutine, Iterable
from json import JSONDecodeError
from typing import Any, ClassVar
from urllib.parse import unquote_to_bytes

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict
from starlette.datastructures import Headers
from starlette.routing import Match, Route
from starlette.types import Scope

from chassis import strict_json
from chassis.declared import query_names, requirement, takes_json
from chassis.failures import Failure, FieldError, Invalid, UnsupportedMedia
from chassis.problems import MalformedJson
from chassis.repeatable import HEADER, Repeater, accepts_key


class HotRoute(Route):
    """A plain route in front of one that FastAPI declares: for reads whose parameters need no parsing.

    Like FastAPI's it says in the scope which route it is, for log and metrics.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, found = super().matches(scope)
        return match, {**found, "route": self}


class StrictRequest(Request):
    """A request whose body is read as strict JSON, by FastAPI or by a route. Raises MalformedJson."""

    async def json(self) -> Any:
        if not hasattr(self, "_strict_json"):
            try:
                self._strict_json = strict_json.loads(await self.body())
            except JSONDecodeError as error:
                raise MalformedJson(error.msg) from error
        return self._strict_json


Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class StrictRoute(APIRoute):
    """A route that reads strict JSON and parameters it names; other kinds of body are refused with 415.

    A POST under an Idempotency-Key is done once: see chassis/repeatable.py.
    """

    keeps_answers: ClassVar[bool] = True

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        once = _once(self, handle) if accepts_key(self) else handle
        wants_json = takes_json(self)
        names = query_names(self)

        async def strictly(request: Request) -> Response:
            if wants_json and not _says_json(request):
                raise UnsupportedMedia("send application/json")
            require_query(request, names)
            answer = once if HEADER in request.headers else handle
            return await answer(StrictRequest(request.scope, request.receive))

        return strictly


class UnkeptRoute(StrictRoute):
    """A route whose answers are kept nowhere, whatever key comes along."""

    keeps_answers = False


def _once(route: APIRoute, handle: Handler) -> Handler:
    """The handler behind the kept answers of the service, if it keeps any."""
    required = requirement(route)
    assert required is not None, "only operations with a caller accept a key"

    async def answer(request: Request) -> Response:
        repeats: Repeater | None = request.app.state.repeats
        if repeats is None:
            return await handle(request)
        # Who asks is checked before anything kept is looked at.
        return await repeats.answer(request, await required(request), str(route.operation_id), handle)

    return answer


def require_query(request: Request, names: frozenset[str]) -> None:
    """Raises Invalid for a query that is no UTF-8, or has a parameter of another name.

    A misspelt filter that is passed over would answer another question than was asked.
    """
    query: bytes = request.scope["query_string"]
    if not query:
        return
    try:
        # Starlette would quietly read broken bytes as replacement characters.
        unquote_to_bytes(query).decode()
    except UnicodeDecodeError as error:
        wrong = FieldError("not_utf8", "the query is not UTF-8", parameter="query")
        raise Invalid(errors=[wrong]) from error
    unknown = dict.fromkeys(name for name in request.query_params if name not in names)
    if unknown:
        message = "this operation has no such parameter"
        raise Invalid(
            errors=[FieldError("unknown_parameter", message, parameter=name) for name in list(unknown)[:100]]
        )


def _says_json(request: Request) -> bool:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    # Without a body there is no type to complain about; validation will say what is missing.
    return (
        media_type == "application/json"
        or media_type.endswith("+json")
        or (not media_type and not has_body(request.headers))
    )


def has_body(headers: Headers) -> bool:
    """Whether a request with these headers brings a body (RFC 9112, 6.3)."""
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def router(*tags: str, keeps_answers: bool = True) -> APIRouter:
    """A router for one noun; keeping no answers is for those that hold tokens or secrets."""
    return APIRouter(route_class=StrictRoute if keeps_answers else UnkeptRoute, tags=list(tags))


class ProblemFieldError(BaseModel):
    """What is wrong at one place of the request."""

    model_config = ConfigDict(extra="allow")

    pointer: str | None = None
    parameter: str | None = None
    code: str
    message: str


class ProblemDocument(BaseModel):
    """RFC 9457 problem details; `code` is stable."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    request_id: str | None = None
    errors: list[ProblemFieldError] | None = None


def problems(*failures: type[Failure]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of an operation: every failure it can answer, by status, with its codes."""
    by_status: dict[int, list[type[Failure]]] = {}
    for failure in failures:
        by_status.setdefault(failure.status, []).append(failure)
    return {status: describe(found) for status, found in sorted(by_status.items())}


def describe(failures: Iterable[type[Failure]]) -> dict[str, Any]:
    """One entry of `responses=`."""
    codes = sorted({failure.code for failure in failures})
    return {"description": ", ".join(codes), "model": ProblemDocument, "x-problem-codes": codes}
