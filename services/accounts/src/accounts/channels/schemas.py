"""Channels on the wire."""

from typing import Annotated

from pydantic import Field, Strict, StringConstraints

from accounts.channels.models import Channel, ChannelChange
from chassis.models import Answer, StrictModel
from chassis.values import Flag, Line, Slug

Origin = Annotated[str, Strict(), StringConstraints(pattern=r"^https?://[a-z0-9.:-]{1,255}$")]
Origins = Annotated[list[Origin], Field(max_length=20, description="Browser origins that may call.")]


class ChannelOut(Answer):
    """A registered ordering channel."""

    id: str
    code: str
    name: str
    origins: list[str]
    confidential: bool

    @classmethod
    def of(cls, channel: Channel) -> "ChannelOut":
        """The wire form of a channel."""
        return cls(
            id=channel.id,
            code=channel.code,
            name=channel.name,
            origins=list(channel.origins),
            confidential=channel.confidential,
        )


class ChannelCreated(ChannelOut):
    """A new channel with its secret, which is told this once."""

    secret: str | None

    @classmethod
    def made(cls, channel: Channel, secret: str | None) -> "ChannelCreated":
        """The wire form of a new channel."""
        return cls(**ChannelOut.of(channel).model_dump(), secret=secret)


class ChannelCreate(StrictModel):
    """A channel to be registered."""

    code: Slug
    name: Line
    origins: Origins = Field(default_factory=list)
    confidential: Flag = False


class ChannelPatch(StrictModel):
    """Fields of a channel to be changed; absent ones stay."""

    name: Line | None = None
    origins: Origins | None = None

    def change(self) -> ChannelChange:
        """The change asked for."""
        return ChannelChange(self.name, None if self.origins is None else tuple(self.origins))
