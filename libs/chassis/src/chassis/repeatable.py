"""A request that may come again under an Idempotency-Key: what it is known by, and which routes take one.

draft-ietf-httpapi-idempotency-key-header. The key's scope is principal and operation.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Final, Protocol

import orjson
from fastapi import Header, Request, Response
from fastapi.routing import APIRoute

from chassis.declared import dependants, described_body, requirement
from chassis.failures import Conflict, FieldError, Invalid
from chassis.principal import Principal

HEADER: Final = "Idempotency-Key"
LONGEST_KEY: Final = 200


class IdempotencyKeyRequired(Invalid):
    """This operation must be repeatable, so it needs a key."""

    status = 400
    code = "idempotency_key_required"
    title = "Send an Idempotency-Key header, so that this can be repeated safely"


class IdempotencyKeyReused(Invalid):
    """The key was used for another request."""

    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for a different request"


class IdempotencyInFlight(Conflict):
    """The first request with this key is still being answered."""

    code = "idempotency_in_flight"
    title = "The first request with this Idempotency-Key is still being answered"


class ReplayUnavailable(Conflict):
    """It was done, but its answer is lost, or kept for other rights than the caller has now."""

    code = "replay_unavailable"
    title = "It was done; its answer cannot be given again"


@dataclass(frozen=True)
class IdempotentRequest:
    """One request that may come again: who, what, under which key, with which content and rights."""

    principal: str
    operation: str
    key: str
    request_hash: bytes
    permissions_hash: bytes


@dataclass(frozen=True)
class KeptAnswer:
    """An answer as it was first given."""

    status: int
    headers: dict[str, str]
    body: bytes


IdempotencyKeyHeader = Annotated[
    str | None,
    Header(
        alias=HEADER,
        min_length=1,
        max_length=LONGEST_KEY,
        description="Makes repeating this request safe.",
    ),
]


async def identify(
    request: Request, principal: Principal, operation: str, key: str | None
) -> IdempotentRequest:
    """The request as it is remembered. Raises IdempotencyKeyRequired, Invalid."""
    if key is None:
        raise IdempotencyKeyRequired(
            errors=[FieldError("idempotency_key_required", "missing", parameter=HEADER)]
        )
    if not 1 <= len(key) <= LONGEST_KEY:
        raise Invalid(errors=[FieldError("key_length", f"1 to {LONGEST_KEY} characters", parameter=HEADER)])
    body = await request.body()
    # From the scope: `request.url` is built from the Host header, which is the caller's.
    path = request.scope["path"].encode("utf-8", "surrogatepass")
    rights = orjson.dumps(sorted(principal.permissions))
    return IdempotentRequest(
        principal=f"{principal.caller.value}:{principal.subject}",
        operation=operation,
        key=key,
        request_hash=hashlib.sha256(b"\0".join((path, request.scope["query_string"], body))).digest(),
        permissions_hash=hashlib.sha256(rights).digest(),
    )


class Repeater(Protocol):
    """Who keeps the answers of a service: `chassis.repeats.Repeats` where there is a database."""

    async def answer(
        self,
        request: Request,
        principal: Principal,
        operation: str,
        handle: Callable[[Request], Awaitable[Response]],
    ) -> Response:
        """What `handle` answers, or what it answered before under the request's key."""
        ...


def accepts_key(route: APIRoute) -> bool:
    """Whether a route's answers can be kept: published POSTs of somebody known, whose body can be compared.

    Not a streamed body, which is never in memory as a whole; not an operation that takes the key by itself.
    """
    return (
        getattr(route, "keeps_answers", False)
        and route.methods == {"POST"}
        and not route.path.startswith("/internal/")
        and requirement(route) is not None
        and not _is_streamed(route)
        and not _takes_key_itself(route)
    )


def _is_streamed(route: APIRoute) -> bool:
    content = described_body(route)
    return bool(content) and "application/json" not in content


def _takes_key_itself(route: APIRoute) -> bool:
    fields = (field for found in dependants(route.dependant) for field in found.header_params)
    return any(field.alias == HEADER for field in fields)
