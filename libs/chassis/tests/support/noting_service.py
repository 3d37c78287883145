"""A service that writes notes into a real database, to be asked twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Request, Response
from sqlalchemy import Column, Integer, MetaData, Table, Text, func, insert, select
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.application import build_app
from chassis.database import Database
from chassis.failures import Conflict
from chassis.health import Health
from chassis.idempotency import idempotency_table
from chassis.models import StrictModel
from chassis.pages import Cursors
from chassis.principal import Principal
from chassis.repeats import Repeats
from chassis.routing import router
from chassis.security import admin, channel, integration
from chassis.settings import Settings
from chassis.tokens import TokenVerifier
from chassis.values import Line
from libs.chassis.tests.support.issuer import ISSUER, FixedClock, Issuer
from testkit.postgres import Databases

METADATA = MetaData()
KEYS = idempotency_table(METADATA)
NOTES = Table("note", METADATA, Column("id", Integer, primary_key=True), Column("line", Text))
routes, secret_routes = router("notes"), router("secrets", keeps_answers=False)
Noting = Annotated[Principal, Depends(channel("notes:write", "notes:write_all"))]


class Noted(StrictModel):
    """A note."""

    line: Line


async def _note(request: Request, line: str, *, fails: bool = False) -> int:
    database: Database = request.app.state.wiring
    async with database.transaction() as tx:
        await tx.execute(insert(NOTES).values(line=line))
        if fails:
            raise Conflict("no more notes")
        return int(await tx.scalar(select(func.max(NOTES.c.id))))


@routes.post("/v1/notes", operation_id="note", status_code=201)
async def note(request: Request, response: Response, body: Noted, _: Noting) -> int:
    number = await _note(request, body.line)
    response.headers["Location"] = f"/v1/notes/{number}"
    return number


@routes.post("/v1/refused-notes", operation_id="refuse_note")
async def refuse_note(request: Request, body: Noted, _: Noting) -> int:
    return await _note(request, body.line, fails=True)


@routes.post("/v1/half-notes", operation_id="half_note")
async def half_note(request: Request, body: Noted, _: Noting) -> int:
    await _note(request, body.line)
    raise Conflict("the second half was refused")


@routes.post("/v1/hanging-notes", operation_id="hanging_note")
async def hanging_note(request: Request, body: Noted, _: Noting) -> int:
    number = await _note(request, body.line)
    await asyncio.Event().wait()
    return number


@routes.put("/v1/notes/{number}", operation_id="put_note")
async def put_note(request: Request, number: int, body: Noted, _: Noting) -> int:
    return number + await _note(request, body.line)


@routes.post(
    "/integration/v1/notes/imports",
    operation_id="import_notes",
    openapi_extra={"requestBody": {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def import_notes(request: Request, _: Annotated[Principal, Depends(integration("notes:feed"))]) -> int:
    number = 0
    async for line in request.stream():
        if line:
            number = await _note(request, line.decode())
    return number


@routes.post("/v1/public-notes", operation_id="public_note")
async def public_note(request: Request, body: Noted) -> int:
    return await _note(request, body.line)


@routes.post("/internal/v1/notes", operation_id="inner_note")
async def inner_note(request: Request, body: Noted, _: Noting) -> int:
    return await _note(request, body.line)


@secret_routes.post("/admin/v1/secrets", operation_id="make_secret")
async def make_secret(request: Request, body: Noted, _: Annotated[Principal, Depends(admin())]) -> int:
    return await _note(request, body.line)


@asynccontextmanager
async def noting(databases: Databases, issuer: Issuer) -> AsyncIterator[tuple[FastAPI, Database]]:
    """The app with its database; tokens of the issuer are valid around NOON."""
    async with databases.fresh("chassis") as url:
        engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
        async with engine.begin() as connection:
            await connection.run_sync(METADATA.create_all)
        await engine.dispose()
        database = Database.connect(url, name="chassis-test", pool_size=40)
        yield (
            build_app(
                title="notes",
                settings=Settings(port=1),
                verifier=TokenVerifier(issuer, ISSUER, FixedClock()),
                health=Health({}),
                routers=[routes, secret_routes],
                wiring=database,
                cursors=Cursors("secret"),
                repeats=Repeats(database, KEYS),
            ),
            database,
        )
        await database.close()
