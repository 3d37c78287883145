"""A service with one noun, made of everything the chassis offers, and a client to talk to it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

import asyncpg
import httpx
from fastapi import Depends, FastAPI, Form, Query, Response
from pydantic import Field, StringConstraints
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chassis.application import build_app
from chassis.database_answers import FAILURES
from chassis.etag import if_match, require_version, set_etag
from chassis.failures import Conflict
from chassis.health import Health
from chassis.models import Money, StrictModel
from chassis.pages import Cursors, Page, Paged
from chassis.principal import Caller, Principal
from chassis.routing import problems, router
from chassis.security import admin, channel, integration, internal
from chassis.settings import Settings
from chassis.tokens import TokenVerifier
from chassis.values import (
    Count,
    Day,
    ExternalKey,
    Flag,
    Identifier,
    Line,
    LongText,
    Moment,
    Percent,
    Quantity,
    SearchText,
    StockQuantity,
    UnitPrice,
)
from libs.chassis.tests.support.issuer import ISSUER, FixedClock, Issuer

routes = router("things")


class Part(StrictModel):
    """A piece of a thing."""

    quantity: Quantity


class Box(StrictModel):
    """One of two shapes."""

    shape: Literal["box"]
    width: Quantity


class Bag(StrictModel):
    """The other shape."""

    shape: Literal["bag"]
    colour: Line


class Thing(StrictModel):
    """One field of every kind."""

    name: Line | None = None
    note: LongText | None = None
    key: ExternalKey | None = None
    quantity: Quantity | None = None
    stock: StockQuantity | None = None
    price: UnitPrice | None = None
    percent: Percent | None = None
    money: Money | None = None
    count: Count | None = None
    flag: Flag | None = None
    day: Day | None = None
    moment: Moment | None = None
    parts: list[Part] = Field(default_factory=list)
    texts: dict[str, Line] = Field(default_factory=dict)
    names: dict[Annotated[str, StringConstraints(pattern="^[a-z]{2}$")], Line] = Field(default_factory=dict)
    column: Line | Count | None = None
    packed: Annotated[Box | Bag, Field(discriminator="shape")] | None = None


class RequiredThing(StrictModel):
    """What must be there."""

    name: Line


@routes.post("/v1/things", operation_id="read_thing", summary="Give a thing back")
async def read_thing(body: Thing) -> Thing:
    return body


@routes.post("/v1/required-things", operation_id="read_required", summary="Give a required thing back")
async def read_required(body: RequiredThing) -> RequiredThing:
    return body


@routes.get("/v1/things", operation_id="list_things", summary="Things")
async def list_things(
    paging: Paged,
    q: SearchText | None = None,
    colour: Annotated[list[str] | None, Query(max_length=20)] = None,
) -> Page[int]:
    after = paging.after("things", q, colour)
    start = after[0] if after else 0
    numbers = list(range(start + 1, min(start + paging.limit + 1, 7) + 1))
    return paging.page(numbers, lambda number: number, lambda number: [number])


@routes.get("/v1/things/{thing_id}", operation_id="get_thing", summary="One thing")
async def get_thing(thing_id: Identifier, response: Response) -> str:
    set_etag(response, 7)
    return thing_id


@routes.put(
    "/admin/v1/things/{thing_id}",
    operation_id="change_thing",
    summary="Change",
    responses=problems(Conflict),
)
async def change_thing(
    thing_id: Identifier,
    principal: Annotated[Principal, Depends(admin("things:write", "things:own"))],
    version: Annotated[int, Depends(if_match)],
) -> str:
    require_version(7, version)
    return principal.subject


@routes.post("/v1/form", operation_id="send_form", summary="A form")
async def send_form(name: Annotated[str, Form()]) -> str:
    return name


@routes.get("/v1/me", operation_id="me", summary="Me")
async def me(principal: Annotated[Principal, Depends(channel())]) -> str:
    return principal.subject


@routes.get("/integration/v1/scopes", operation_id="scopes", summary="Scopes")
async def scopes(principal: Annotated[Principal, Depends(integration("things:read"))]) -> list[str]:
    return sorted(principal.permissions)


@routes.get("/internal/v1/things", operation_id="inside", summary="Between services")
async def inside(principal: Annotated[Principal, Depends(internal(Caller.USER, Caller.STAFF))]) -> str:
    return principal.subject


@routes.get("/v1/failures/{name}", operation_id="fail", summary="Fails as told")
async def fail(name: str) -> str:
    raise FAILING[name]


def _statement(cause: Exception) -> DBAPIError:
    return DBAPIError("SELECT 'secret'", {"secret": "secret"}, cause)


FAILING: dict[str, Exception] = {
    "bug": ZeroDivisionError("secret"),
    "conflict": Conflict("it is closed", extra={"state": "closed"}),
    "busy": Conflict(retry_after=2),
    "numeric-overflow": _statement(asyncpg.NumericValueOutOfRangeError("secret")),
    "hot-bad-value": asyncpg.DataError("secret"),
    "deadlock": _statement(asyncpg.DeadlockDetectedError("secret")),
    "shut-down": _statement(asyncpg.AdminShutdownError("secret")),
    "hot-shut-down": asyncpg.AdminShutdownError("secret"),
    "hot-closed": asyncpg.InterfaceError("secret"),
    "refused": ConnectionRefusedError("secret"),
    "pool": PoolTimeout("secret"),
    "syntax": _statement(asyncpg.PostgresSyntaxError("secret")),
}


def thing_app(
    issuer: Issuer | None = None, clock: FixedClock | None = None, health: Health | None = None
) -> FastAPI:
    """The app; tokens of the issuer are valid around NOON."""
    return build_app(
        title="things",
        settings=Settings(port=1),
        verifier=TokenVerifier(issuer or Issuer(), ISSUER, clock or FixedClock()),
        health=health or Health({}),
        routers=[routes],
        translated=FAILURES,
        wiring=None,
        cursors=Cursors("secret"),
    )


@asynccontextmanager
async def calling(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client that talks to the app in this process; bugs come back as answers."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://things") as client:
        yield client


async def post_json(client: httpx.AsyncClient, body: bytes, path: str = "/v1/things") -> httpx.Response:
    """Raw bytes, said to be JSON."""
    return await client.post(path, content=body, headers={"Content-Type": "application/json"})


def codes(answer: httpx.Response) -> Sequence[Any]:
    """Place and code of each error in a problem document."""
    return [
        (error.get("pointer", error.get("parameter")), error["code"]) for error in answer.json()["errors"]
    ]
