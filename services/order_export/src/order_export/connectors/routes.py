"""Connectors over HTTP, for staff."""

from typing import Annotated

from fastapi import Depends, Response, status

from chassis.etag import if_match, set_etag
from chassis.pages import CursorInvalid, Page, Paged
from chassis.principal import Principal
from chassis.routing import problems, router
from chassis.security import admin
from chassis.values import Identifier
from order_export.connectors.schemas import ConnectorCreate, ConnectorOut, ConnectorPatch
from order_export.errors import (
    ConnectorCodeTaken,
    ConnectorInUse,
    ConnectorInvalid,
    ConnectorNotFound,
    ConnectorSourceTaken,
)
from order_export.wiring import Wired

routes = router("connectors")
Reading = Annotated[Principal, Depends(admin("exports:read"))]
Writing = Annotated[Principal, Depends(admin("exports:write"))]
Version = Annotated[int, Depends(if_match)]


@routes.get(
    "/admin/v1/connectors",
    operation_id="list_connectors",
    summary="Connectors",
    responses=problems(CursorInvalid),
)
async def list_connectors(wiring: Wired, _: Reading, paging: Paged) -> Page[ConnectorOut]:
    after = paging.after("connectors")
    found = await wiring.connectors.page(after[0] if after else None, paging.limit)
    return paging.page(found, ConnectorOut.of, lambda connector: [connector.id])


@routes.post(
    "/admin/v1/connectors",
    operation_id="create_connector",
    summary="Make a connector",
    status_code=status.HTTP_201_CREATED,
    responses=problems(ConnectorCodeTaken, ConnectorSourceTaken, ConnectorInvalid),
)
async def create_connector(
    wiring: Wired, principal: Writing, body: ConnectorCreate, response: Response
) -> ConnectorOut:
    secret = None if body.secret is None else body.secret.get_secret_value()
    connector = await wiring.connectors.create(principal, body.wanted(), secret)
    set_etag(response, connector.version)
    response.headers["Location"] = f"/admin/v1/connectors/{connector.id}"
    return ConnectorOut.of(connector)


@routes.get(
    "/admin/v1/connectors/{connector_id}",
    operation_id="get_connector",
    summary="One connector",
    responses=problems(ConnectorNotFound),
)
async def get_connector(
    wiring: Wired, _: Reading, connector_id: Identifier, response: Response
) -> ConnectorOut:
    connector = await wiring.connectors.get(connector_id)
    set_etag(response, connector.version)
    return ConnectorOut.of(connector)


@routes.patch(
    "/admin/v1/connectors/{connector_id}",
    operation_id="change_connector",
    summary="Change a connector",
    responses=problems(ConnectorNotFound, ConnectorSourceTaken, ConnectorInvalid),
)
async def change_connector(
    wiring: Wired,
    principal: Writing,
    connector_id: Identifier,
    body: ConnectorPatch,
    version: Version,
    response: Response,
) -> ConnectorOut:
    secret = None if body.secret is None else body.secret.get_secret_value()
    connector = await wiring.connectors.change(principal, connector_id, body.applied_to, secret, version)
    set_etag(response, connector.version)
    return ConnectorOut.of(connector)


@routes.delete(
    "/admin/v1/connectors/{connector_id}",
    operation_id="remove_connector",
    summary="Remove a connector without open exports",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(ConnectorNotFound, ConnectorInUse),
)
async def remove_connector(
    wiring: Wired, principal: Writing, connector_id: Identifier, version: Version
) -> None:
    await wiring.connectors.remove(principal, connector_id, version)
