"""Channels over HTTP, for staff."""

from typing import Annotated

from fastapi import Depends, Response, status

from accounts.channels.schemas import ChannelCreate, ChannelCreated, ChannelOut, ChannelPatch
from accounts.errors import ChannelNotFound, CodeTaken
from accounts.wiring import Wired
from chassis.etag import if_match, set_etag
from chassis.pages import CursorInvalid, Page, Paged
from chassis.principal import Principal
from chassis.routing import problems, router
from chassis.security import admin
from chassis.values import Identifier

routes = router("channels", keeps_answers=False)
Writing = Annotated[Principal, Depends(admin("channels:write"))]
Version = Annotated[int, Depends(if_match)]


@routes.get(
    "/admin/v1/channels",
    operation_id="list_channels",
    summary="Ordering channels",
    responses=problems(CursorInvalid),
)
async def list_channels(wiring: Wired, _: Writing, paging: Paged) -> Page[ChannelOut]:
    after = paging.after("channels")
    found = await wiring.channels.page(after[0] if after else None, paging.limit)
    return paging.page(found, ChannelOut.of, lambda channel: [channel.id])


@routes.post(
    "/admin/v1/channels",
    operation_id="create_channel",
    summary="Register a channel; its secret is told this once",
    status_code=status.HTTP_201_CREATED,
    responses=problems(CodeTaken),
)
async def create_channel(
    wiring: Wired, principal: Writing, body: ChannelCreate, response: Response
) -> ChannelCreated:
    origins = tuple(body.origins)
    channel, secret = await wiring.channels.create(
        principal, body.code, body.name, origins, body.confidential
    )
    set_etag(response, channel.version)
    response.headers["Location"] = f"/admin/v1/channels/{channel.id}"
    return ChannelCreated.made(channel, secret)


@routes.get(
    "/admin/v1/channels/{channel_id}",
    operation_id="get_channel",
    summary="One channel",
    responses=problems(ChannelNotFound),
)
async def get_channel(wiring: Wired, _: Writing, channel_id: Identifier, response: Response) -> ChannelOut:
    channel = await wiring.channels.get(channel_id)
    set_etag(response, channel.version)
    return ChannelOut.of(channel)


@routes.patch(
    "/admin/v1/channels/{channel_id}",
    operation_id="change_channel",
    summary="Change a channel",
    responses=problems(ChannelNotFound),
)
async def change_channel(
    wiring: Wired,
    principal: Writing,
    channel_id: Identifier,
    body: ChannelPatch,
    version: Version,
    response: Response,
) -> ChannelOut:
    channel = await wiring.channels.change(principal, channel_id, body.change(), version)
    set_etag(response, channel.version)
    return ChannelOut.of(channel)


@routes.delete(
    "/admin/v1/channels/{channel_id}",
    operation_id="remove_channel",
    summary="Close a channel",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(ChannelNotFound),
)
async def remove_channel(wiring: Wired, principal: Writing, channel_id: Identifier, version: Version) -> None:
    await wiring.channels.remove(principal, channel_id, version)
