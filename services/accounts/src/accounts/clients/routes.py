"""Machine clients over HTTP: their administration, and the token endpoint."""

import base64
import binascii
from typing import Annotated
from urllib.parse import unquote_plus

from fastapi import Depends, Form, Header, Response, status

from accounts.clients.schemas import ClientCreate, ClientCreated, ClientOut, ClientPatch
from accounts.errors import (
    ClientNotFound,
    CodeTaken,
    InvalidClient,
    InvalidGrantRequest,
    InvalidScope,
    UnknownPermission,
    UnsupportedGrantType,
)
from accounts.sessions.schemas import BEARER, ClientTokenAnswer
from accounts.wiring import Wired
from chassis.etag import if_match, set_etag
from chassis.pages import CursorInvalid, Page, Paged
from chassis.principal import Principal
from chassis.routing import problems, router
from chassis.security import admin
from chassis.values import Identifier, NoControl

routes = router("clients", keeps_answers=False)
Writing = Annotated[Principal, Depends(admin("clients:write"))]
Version = Annotated[int, Depends(if_match)]
_Text = Annotated[Annotated[str, NoControl] | None, Form(max_length=1000)]


async def _client_credentials(
    client_id: _Text = None,
    client_secret: _Text = None,
    authorization: Annotated[str | None, Header()] = None,
) -> tuple[str, str]:
    """Code and secret from the form or from HTTP Basic, never both (RFC 6749, 2.3.1)."""
    if authorization is None:
        return client_id or "", client_secret or ""
    if client_secret is not None:
        raise InvalidGrantRequest("the client authenticates twice")
    scheme, _, encoded = authorization.partition(" ")
    try:
        code, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise InvalidClient from error
    if scheme.lower() != "basic":
        raise InvalidClient
    return unquote_plus(code), unquote_plus(secret)


@routes.post(
    "/oauth/token",
    operation_id="issue_client_token",
    summary="Client credentials grant (RFC 6749, 4.4)",
    description="Client and secret come in the form or by HTTP Basic. Failures are problem documents that "
    "also carry `error` as RFC 6749, 5.2 has it.",
    responses=problems(InvalidClient, InvalidGrantRequest, InvalidScope, UnsupportedGrantType),
)
async def issue_client_token(
    wiring: Wired,
    credentials: Annotated[tuple[str, str], Depends(_client_credentials)],
    grant_type: _Text = None,
    scope: _Text = None,
) -> ClientTokenAnswer:
    if grant_type is None:
        raise InvalidGrantRequest("grant_type is missing")
    if grant_type != "client_credentials":
        raise UnsupportedGrantType
    token, scopes = await wiring.clients.grant(*credentials, scope)
    granted = " ".join(sorted(scopes))
    return ClientTokenAnswer(
        access_token=token.text, token_type=BEARER, expires_in=token.expires_in, scope=granted
    )


@routes.get(
    "/admin/v1/clients",
    operation_id="list_clients",
    summary="Machine clients",
    responses=problems(CursorInvalid),
)
async def list_clients(wiring: Wired, _: Writing, paging: Paged) -> Page[ClientOut]:
    after = paging.after("clients")
    found = await wiring.clients.page(after[0] if after else None, paging.limit)
    return paging.page(found, ClientOut.of, lambda client: [client.id])


@routes.post(
    "/admin/v1/clients",
    operation_id="create_client",
    summary="Register a machine client; its secret is told this once",
    status_code=status.HTTP_201_CREATED,
    responses=problems(CodeTaken, UnknownPermission),
)
async def create_client(
    wiring: Wired, principal: Writing, body: ClientCreate, response: Response
) -> ClientCreated:
    client, secret = await wiring.clients.create(principal, body.wanted())
    set_etag(response, client.version)
    response.headers["Location"] = f"/admin/v1/clients/{client.id}"
    return ClientCreated.made(client, secret)


@routes.get(
    "/admin/v1/clients/{client_id}",
    operation_id="get_client",
    summary="One machine client",
    responses=problems(ClientNotFound),
)
async def get_client(wiring: Wired, _: Writing, client_id: Identifier, response: Response) -> ClientOut:
    client = await wiring.clients.get(client_id)
    set_etag(response, client.version)
    return ClientOut.of(client)


@routes.patch(
    "/admin/v1/clients/{client_id}",
    operation_id="change_client",
    summary="Change a machine client",
    responses=problems(ClientNotFound, UnknownPermission),
)
async def change_client(
    wiring: Wired,
    principal: Writing,
    client_id: Identifier,
    body: ClientPatch,
    version: Version,
    response: Response,
) -> ClientOut:
    client = await wiring.clients.change(principal, client_id, body.change(), version)
    set_etag(response, client.version)
    return ClientOut.of(client)


@routes.post(
    "/admin/v1/clients/{client_id}/renew-secret",
    operation_id="renew_client_secret",
    summary="A new secret, told this once",
    responses=problems(ClientNotFound),
)
async def renew_client_secret(
    wiring: Wired, principal: Writing, client_id: Identifier, version: Version, response: Response
) -> ClientCreated:
    client, secret = await wiring.clients.renew_secret(principal, client_id, version)
    set_etag(response, client.version)
    return ClientCreated.made(client, secret)


@routes.delete(
    "/admin/v1/clients/{client_id}",
    operation_id="remove_client",
    summary="Shut a machine client out",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(ClientNotFound),
)
async def remove_client(wiring: Wired, principal: Writing, client_id: Identifier, version: Version) -> None:
    await wiring.clients.remove(principal, client_id, version)
