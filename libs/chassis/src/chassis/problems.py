"""Failures on the wire: application/problem+json (RFC 9457), rendered in one place."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from chassis import context
from chassis.failures import (
    BodyTooSlow,
    Conflict,
    Failure,
    FieldError,
    Gone,
    Invalid,
    Limited,
    Malformed,
    NotFound,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
)

MEDIA_TYPE = "application/problem+json"
Translation = Callable[[Exception], Failure]
_log = structlog.get_logger(__name__)


class MalformedJson(Malformed):
    """The body is not strict JSON."""

    code = "malformed_json"
    title = "The body is not valid JSON"


class MethodNotAllowed(Failure):
    """The path exists, this method on it does not."""

    status = 405
    code = "method_not_allowed"
    title = "This path does not answer that method"


class InternalError(Failure):
    """A mistake of ours; it is in the log under the request id."""


_BY_STATUS: dict[int, type[Failure]] = {
    400: Malformed,
    401: Unauthenticated,
    404: NotFound,
    405: MethodNotAllowed,
    406: Malformed,
    408: BodyTooSlow,
    409: Conflict,
    410: Gone,
    413: TooLarge,
    415: UnsupportedMedia,
    422: Invalid,
    429: Limited,
    503: Unavailable,
}


def document(failure: Failure) -> dict[str, Any]:
    """The problem document of a failure."""
    body: dict[str, Any] = {
        "type": f"/problems/{failure.code}",
        "title": failure.title,
        "status": failure.status,
        "code": failure.code,
        "request_id": context.request_id.get(),
    }
    if failure.detail:
        body["detail"] = failure.detail
    if failure.errors:
        body["errors"] = [_field_error(error) for error in failure.errors]
    return body | failure.extra


def _field_error(error: FieldError) -> dict[str, Any]:
    place = {"pointer": error.pointer} if error.parameter is None else {"parameter": error.parameter}
    return {**place, "code": error.code, "message": error.message, **(error.extra or {})}


def render(failure: Failure) -> Response:
    """The answer that tells a failure."""
    headers: dict[str, str] = {}
    if isinstance(failure, Unauthenticated):
        headers["WWW-Authenticate"] = failure.challenge
    retry_after = failure.retry_after or (1 if failure.status in (429, 503) else None)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    body = orjson.dumps(document(failure), default=str)
    return Response(body, status_code=failure.status, media_type=MEDIA_TYPE, headers=headers)


def pointer_of(location: Sequence[str | int]) -> str:
    """The JSON pointer (RFC 6901) of a place in the body."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


def from_validation(error: RequestValidationError) -> Failure:
    """What FastAPI found wrong, as one of ours."""
    found = error.errors()
    if any(entry["loc"] and entry["loc"][0] == "path" for entry in found):
        return NotFound()
    errors = []
    for entry in found[:100]:
        where, *place = entry["loc"]
        known = {"code": _code(entry["type"]), "message": entry["msg"]}
        if where == "body":
            place = _sent(error.body, place, missing=entry["type"] == "missing")
            errors.append(FieldError(pointer=pointer_of(place), **known))
        else:
            errors.append(FieldError(parameter=str(place[0]) if place else str(where), **known))
    return Invalid(errors=errors)


def _sent(body: Any, location: Sequence[str | int], *, missing: bool) -> list[str | int]:
    """The steps of a location that lead through what was sent.

    pydantic also names the member of a union that it tried, and calls the key of an object `[key]`.
    """
    place, value = [], body
    for number, part in enumerate(location, start=1):
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            if not missing or number < len(location):
                continue
        place.append(part)
    return place


def _code(pydantic_type: str) -> str:
    return {"missing": "required", "extra_forbidden": "unknown_field"}.get(pydantic_type, pydantic_type)


def install(app: FastAPI, translated: Mapping[type[Exception], Translation]) -> None:
    """Makes the app answer every failure as a problem document; `translated` are failures of its parts."""

    async def on_failure(_: Request, error: Exception) -> Response:
        assert isinstance(error, Failure)
        return render(error)

    async def on_validation(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return render(from_validation(error))

    async def on_http(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if isinstance(error.__cause__, Failure):
            # What goes wrong while FastAPI reads the body has a name of its own.
            return render(error.__cause__)
        answer = render(_BY_STATUS.get(error.status_code, InternalError)())
        answer.headers.update(error.headers or {})  # Allow of a 405
        return answer

    async def on_network(_: Request, error: Exception) -> Response:
        _log.warning("out_of_reach", error=type(error).__name__)
        return render(Unavailable())

    async def on_bug(_: Request, error: Exception) -> Response:
        _log.error("request_failed", exc_info=error)
        return render(InternalError())

    app.add_exception_handler(Failure, on_failure)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(OSError, on_network)
    app.add_exception_handler(Exception, on_bug)
    for kind, translate in translated.items():
        app.add_exception_handler(kind, _translating(translate))


def _translating(translate: Translation) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def on_translated(_: Request, error: Exception) -> Response:
        return render(translate(error))

    return on_translated
